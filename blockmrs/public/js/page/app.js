// Small helps for pages that work without them: the chosen theme, "Show" beside a password, "Copy" below a
// code, "Print".
(function () {
  "use strict";
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "dark" || theme === "light" || theme === "sun") root.setAttribute("data-theme", theme);
  } catch (error) { /* storage is switched off: the page keeps its own colours */ }

  // iOS before 15.4 does not say which button sent a form, and before 16 no script can send one as that button does;
  // public/js/field/field.js does the same on its pages.
  function older() {
    var tapped = null;
    if (!window.SubmitEvent || !("submitter" in SubmitEvent.prototype)) {
      document.addEventListener("click", function (event) { tapped = event.target.closest("button"); }, true);
      document.addEventListener("submit", function (event) {
        event.submitter = tapped && tapped.form === event.target ? tapped : null;
      }, true);
    }
    if (!HTMLFormElement.prototype.requestSubmit) HTMLFormElement.prototype.requestSubmit = function (button) {
      var own = button || this.appendChild(document.createElement("button"));
      if (!button) own.hidden = true;
      own.click();
      if (!button) own.parentNode.removeChild(own);
    };
  }
  older();

  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }

  // What can wait until the page is there; public/js/field/field.js does the same on its pages.
  window.addEventListener("load", function () {
    var addresses = (root.getAttribute("data-later") || "").split(" ");
    root.removeAttribute("data-later");
    addresses.filter(Boolean).forEach(function (address) {
      var script = document.createElement("script");
      script.src = address;
      script.async = false;
      document.head.appendChild(script);
    });
  });

  document.addEventListener("DOMContentLoaded", function () {
    var errors = document.getElementById("errors");
    if (errors) errors.focus();

    // The advice pages ask for the team's plan only where it may be answered; the server decides, this only hints.
    if (document.querySelector("footer.foot")) {
      try {
        if (document.querySelector("footer form[action='/logout']")) localStorage.setItem("signed-in", "yes");
        else localStorage.removeItem("signed-in");
      } catch (error) { /* storage is switched off: the page from the server has the plan */ }
    }

    each("[data-show]", function (button) {
      var input = document.getElementById(button.getAttribute("data-show"));
      var word = button.firstElementChild;
      var show = word.textContent;
      button.hidden = false;
      button.addEventListener("click", function () {
        var hidden = input.type === "password";
        input.type = hidden ? "text" : "password";
        word.textContent = hidden ? button.getAttribute("data-hide-word") : show;
        button.setAttribute("aria-pressed", String(hidden));
      });
    });

    each("[data-copy]", function (button) {
      if (!navigator.clipboard) return;
      button.hidden = false;
      button.addEventListener("click", function () {
        var text = document.getElementById(button.getAttribute("data-copy")).textContent;
        navigator.clipboard.writeText(text).then(function () {
          button.textContent = button.getAttribute("data-done-word");
          document.getElementById("status").textContent = button.textContent;
        });
      });
    });

    each("[data-print]", function (button) {
      button.hidden = false;
      button.addEventListener("click", function () { window.print(); });
    });

    each("[data-save]", function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var link = document.createElement("a");
        var text = document.getElementById(button.getAttribute("data-save")).textContent;
        link.href = URL.createObjectURL(new Blob([text + "\n"], { type: "text/plain" }));
        link.download = button.getAttribute("data-file-name");
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
        var chosen = button.getAttribute("data-theme-choice");
        try {
          if (chosen) localStorage.setItem("theme", chosen); else localStorage.removeItem("theme");
        } catch (error) { /* the choice then lasts for this page */ }
        if (chosen) root.setAttribute("data-theme", chosen); else root.removeAttribute("data-theme");
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
