// Hands the secret of a scanned code over in a form's body. What stands behind # never reaches a server by itself.
// Needs base.js.
(function () {
  "use strict";
  var secret = location.hash.slice(1);
  document.addEventListener("DOMContentLoaded", function () {
    if (secret.length !== shared.field.SCAN_LETTERS || !/^[A-Za-z0-9_-]+$/.test(secret)) return;
    // Out of the address bar and the history before anything else happens.
    history.replaceState(null, "", location.pathname);
    var form = base.one("#scan", document, HTMLFormElement);
    base.one("[name=secret]", form, HTMLInputElement).value = secret;
    form.hidden = false;
    form.submit();
  });
})();
