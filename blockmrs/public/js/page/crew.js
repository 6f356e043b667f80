// Hands the secret of a scanned code over in a form's body. What stands behind # never reaches a server by itself.
(function () {
  "use strict";
  var secret = location.hash.slice(1);
  document.addEventListener("DOMContentLoaded", function () {
    if (!/^[A-Za-z0-9_-]{22}$/.test(secret)) return;
    // Out of the address bar and the history before anything else happens.
    history.replaceState(null, "", location.pathname);
    var form = document.getElementById("scan");
    form.elements.namedItem("secret").value = secret;
    form.hidden = false;
    form.submit();
  });
})();
