// Small helps for pages that work without them: "Show" beside a password, "Copy" below a code, "Print", the theme.
// Needs base.js.
(function () {
  "use strict";
  var root = document.documentElement;

  /** @param {string} selector @param {(element: HTMLElement) => void} act */
  function each(selector, act) { base.all(selector).forEach(act); }

  // The server's pages show times, and read those that are typed, in this zone (controllers/site/times.py). The advice,
  // which anybody may ask for, sets no cookie: its script tells the time by itself.
  function tellZone() {
    var isSecure = location.protocol === "https:", name = (isSecure ? "__Host-" : "") + "blockmrs-zone";
    var said = name + "=" + (base.zone() || "").replace(/\//g, ".");
    try {
      if (/=[\w.-]+$/.test(said) && document.cookie.split("; ").indexOf(said) < 0) {
        document.cookie = said + "; path=/; max-age=31536000; samesite=lax" + (isSecure ? "; secure" : "");
      }
    } catch (error) { /* no cookies may be kept here: the site's own zone counts */ }
  }
  tellZone();

  // What can wait until the page is there.
  window.addEventListener("load", base.loadLater);

  document.addEventListener("DOMContentLoaded", function () {
    var errors = document.getElementById("errors");
    if (errors) errors.focus();

    // The advice pages ask for the team's plan only where it may be answered; the server decides, this only hints.
    if (document.querySelector("footer.foot")) {
      base.noteSignedIn(Boolean(document.querySelector("footer form[action='/logout']")));
    }

    each("[data-show]", function (button) {
      var input = base.one("#" + base.attribute(button, "data-show"), document, HTMLInputElement);
      var word = base.one("*", button);
      var show = word.textContent;
      button.hidden = false;
      button.addEventListener("click", function () {
        var hidden = input.type === "password";
        input.type = hidden ? "text" : "password";
        word.textContent = hidden ? base.attribute(button, "data-hide-word") : show;
        button.setAttribute("aria-pressed", String(hidden));
      });
    });

    each("[data-copy]", function (button) {
      if (!navigator.clipboard) return;
      button.hidden = false;
      button.addEventListener("click", function () {
        var text = (base.one("#" + base.attribute(button, "data-copy")).textContent || "").trim();
        navigator.clipboard.writeText(text).then(function () {
          button.textContent = button.getAttribute("data-done-word");
          base.one("#status").textContent = button.textContent;
        });
      });
    });

    // What opening a page says already, without a press.
    each("form[data-send]", function (element) {
      var form = /** @type {HTMLFormElement} */ (element);
      form.hidden = true;
      fetch(form.action, { method: "POST", credentials: "same-origin", redirect: "manual",
        body: new URLSearchParams(/** @type {any} */ (new FormData(form))) })
        .catch(function () { form.hidden = false; });
    });

    // What takes several steps: the page says how far it is, and goes on.
    each("form[data-goes-on]", function (element) {
      /** @type {HTMLFormElement} */ (element).submit();
    });

    each("[data-print]", function (button) {
      button.hidden = false;
      button.addEventListener("click", function () { window.print(); });
    });

    each("[data-save]", function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var link = document.createElement("a");
        var text = (base.one("#" + base.attribute(button, "data-save")).textContent || "").trim();
        link.href = URL.createObjectURL(new Blob([text + "\n"], { type: "text/plain" }));
        link.download = base.attribute(button, "data-file-name");
        link.click();
        setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
      });
    });

    function markTheme() {
      each("[data-theme-choice]", function (button) {
        var chosen = button.getAttribute("data-theme-choice") === (root.getAttribute("data-theme") || "");
        button.setAttribute("aria-pressed", String(chosen));
      });
    }
    markTheme();
    each("[data-theme-choice]", function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        base.chooseTheme(base.attribute(button, "data-theme-choice"));
        markTheme();
      });
    });

    // A double tap sends once. The server answers a repeat the same anyway.
    each("form[method=post]", function (form) {
      form.addEventListener("submit", function (event) {
        if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
        form.setAttribute("data-sent", "");
      });
    });
    window.addEventListener("pageshow", function () {
      each("form[data-sent]", function (form) { form.removeAttribute("data-sent"); });
    });
  });
})();
