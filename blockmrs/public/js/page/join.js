// Fills in the code of an invitation that came as a link. What stands behind # never reaches a server by itself, and
// nothing is sent here: whoever opened the link presses the button.
// Needs base.js.
(function () {
  "use strict";
  // Names of places on the page are shorter than a code.
  function take() {
    var code = location.hash.slice(1);
    if (code.length < shared.field.CODE_LETTERS || !/^[A-Za-z0-9-]{1,40}$/.test(code)) return "";
    // Out of the address bar and the history before anything else happens.
    history.replaceState(null, "", location.pathname);
    return code;
  }
  /** @param {string} code */
  function fill(code) {
    if (!code) return;
    base.one("[name=invitation]", document, HTMLInputElement).value = code;
    base.one("#from-link").hidden = false;
    base.one("#no-link").hidden = true;
  }
  var first = take();
  document.addEventListener("DOMContentLoaded", function () { fill(first); });
  // A second link that is opened where this page is open already loads nothing anew.
  window.addEventListener("hashchange", function () { fill(take()); });
})();
