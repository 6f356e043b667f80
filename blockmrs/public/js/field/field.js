// /field without waiting: the advice that travelled inside the page, on screen at the tap. Everything here also works
// without this script. Nothing about the person is stored. Needs base.js.
(function () {
  "use strict";
  var root = document.documentElement;
  var all = base.all, one = base.one, attribute = base.attribute, closest = base.closest;
  var LAY_OPEN_S = shared.field.LAY_OPEN_S, PREFIX = shared.engine.ANSWER_PREFIX;
  var IDLE_MS = 3000, EARLY_MS = 8000, WHERE_MS = 15000, OLD_DAYS = 30, FRESH_S = 12 * 3600;

  // The engine for the further questions, once this page is at rest: at once where they are to go on.
  var engine = document.currentScript ? attribute(document.currentScript, "data-later").split(" ") : [];
  var hasEngine = engine.join("") !== "";
  function loadEngine() { base.load(engine.splice(0).join(" ")); }
  if (asking()) document.addEventListener("DOMContentLoaded", loadEngine);
  else window.addEventListener("load", whenIdle);
  // A phone that is busy is never idle: it loads them all the same.
  function whenIdle() {
    if (window.requestIdleCallback) window.requestIdleCallback(loadEngine, { timeout: IDLE_MS });
    else setTimeout(loadEngine);
  }

  // Pages of questions that are shown without a request are ask.js's own.
  function asking() { return Boolean(history.state && history.state.pairs); }

  function now() { return Math.floor(Date.now() / 1000); }

  document.addEventListener("DOMContentLoaded", function () {
    var main = one("#main"), errors = document.getElementById("errors"), result = document.getElementById("result");
    if (errors) errors.focus();
    else if (result) result.focus({ preventScroll: true });
    sunButton();
    signalLine();
    countUp();
    setInterval(countUp, 1000);
    // A locked phone runs no timers: what is due shows as soon as somebody looks.
    document.addEventListener("visibilitychange", countUp);
    document.addEventListener("shown", countUp);
    signs(main);
    early(main);
    language(main);
    where(main);
    new MutationObserver(function () { where(main); }).observe(main, { childList: true, subtree: true });
    main.addEventListener("click", function (event) {
      var ago = closest(event, "button[name=ago]", HTMLButtonElement);
      var details = closest(event, "details", HTMLDetailsElement);
      if (!ago || !details) return;
      event.preventDefault();
      setInjury(Number(ago.value));
      details.open = false;
      one("summary", details).focus();
    });
  });

  // What keeps reports without a signal comes after the first advice, or once nobody taps for a while.
  window.addEventListener("load", function () {
    setTimeout(base.loadLater, document.querySelector("#signs.now") ? 3000 : 0);
  });
  document.addEventListener("shown", base.loadLater);

  // A tap before the script for the questions is ready waits for it where the server may be out of reach, for then that
  // script comes from the phone: the first tap counts, and whatever cannot come lets it go on to the server.
  /** @param {HTMLElement} main */
  function early(main) {
    var isOver = false, tap = /** @type {{ form: HTMLFormElement, button: HTMLElement } | null} */ (null);
    function goOn() {
      var first = tap;
      isOver = true;
      tap = null;
      if (first) first.form.requestSubmit(first.button);
    }
    document.addEventListener("asks", goOn);
    main.addEventListener("submit", function (event) {
      var form = event.target, button = event.submitter;
      var isKept = navigator.serviceWorker && navigator.serviceWorker.controller;
      if (isOver || !hasEngine || !(isKept || navigator.onLine === false)) return;
      if (!(form instanceof HTMLFormElement) || !button || !form.requestSubmit) return;
      var address = button.getAttribute("formaction") || form.getAttribute("action") || "";
      if (!/^\/field\/(check|words|show|ask\/)/.test(address)) return;
      event.preventDefault();
      if (tap) return;
      tap = { form: form, button: button };
      loadEngine();
      setTimeout(goOn, EARLY_MS);
    });
  }

  // Sun theme: black on white, thick borders, larger words. Pressed again, the page is as it was before.
  function sunButton() {
    var button = all("#sun")[0];
    if (!button) return;
    var before = base.theme() === "sun" ? "" : base.theme();
    function show() { button.setAttribute("aria-pressed", String(root.getAttribute("data-theme") === "sun")); }
    button.hidden = false;
    button.addEventListener("click", function () {
      base.chooseTheme(root.getAttribute("data-theme") === "sun" ? before : "sun");
      show();
    });
    show();
  }

  function signalLine() {
    var line = one("#status"), words = all("#no-signal")[0];
    function show() {
      var hasCopy = root.getAttribute("data-keeps") !== "not", isAway = navigator.onLine === false && words;
      line.textContent = !isAway ? "" : hasCopy ? words.textContent : attribute(words, "data-not-kept");
    }
    document.addEventListener("keeps", function () { show(); countUp(); });
    window.addEventListener("online", show);
    window.addEventListener("offline", show);
    show();
  }

  // A page that this script showed has the first screen's address: its answers go with the language's button.
  /** @param {HTMLElement} main */
  function language(main) {
    var form = all("form.speak", document, HTMLFormElement)[0];
    if (!form || form.getAttribute("action") !== shared.field.LANGUAGE) return;
    form.addEventListener("submit", function (event) {
      if (navigator.onLine === false) {
        // Only one language is on this phone. What was answered stays on the screen.
        event.preventDefault();
        one("#status").textContent = attribute(one("#no-signal"), "data-language");
        return;
      }
      var page = all("input[name=page]", main, HTMLInputElement)[0], own = main.querySelector("form[data-language]");
      var answered = own || main.querySelector("form.report") || (page && page.form);
      if (!answered) return;
      form.action = own ? attribute(own, "data-language") : "/field/ask/1";
      all("input[type=hidden]:not([name=page])", answered).forEach(function (input) {
        form.appendChild(document.importNode(input, true));
      });
    });
  }

  /** @param {number} number */
  function two(number) { return ("0" + number).slice(-2); }
  /** @param {number} seconds */
  function clock(seconds) { var at = new Date(seconds * 1000); return two(at.getHours()) + ":" + two(at.getMinutes()); }

  // The time since it began, each second; the clock time beside it is the phone's own.
  function countUp() {
    all("main [data-since]").forEach(function (line) {
      var since = Number(line.getAttribute("data-since"));
      var seconds = Math.max(0, now() - since);
      var minutes = Math.floor(seconds / 60);
      var hours = Math.floor(minutes / 60);
      one("strong", line).textContent =
        (hours ? hours + ":" + two(minutes % 60) : minutes) + ":" + two(seconds % 60);
      line.hidden = false;
      var at = line.querySelector("time");
      if (at) at.textContent = clock(since);
    });
    all("main .again").forEach(function (line) {
      var due = Number(line.getAttribute("data-from")) + 60 * Number(line.getAttribute("data-min"));
      var left = Math.ceil((due - now()) / 60);
      var words = one("span", line), call = one("strong", line);
      var pattern = attribute(words, left > 0 ? "data-soon" : "data-at");
      write(words, pattern.replace("%(time)s", clock(due)).replace("%(minutes)s", String(left)));
      write(call, left > 0 ? "" : attribute(call, "data-words"));
    });
    age();
    if (root.getAttribute("data-keeps") !== "not") return;
    all("main .not-here").forEach(function (line) { line.hidden = false; });
  }

  // When the server last said that these rules are its own, as the copy on this phone has it.
  function age() {
    var checked = Number(root.getAttribute("data-checked"));
    if (!checked || !window.Intl || !Intl.RelativeTimeFormat) return;
    var days = Math.max(0, Math.floor((now() - checked) / 86400));
    all("main .age").forEach(function (line) {
      var when = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" }).format(-days, "day");
      var words = one("*", line);
      words.textContent = attribute(words, "data-words").replace("%(when)s", when);
      one("strong", line).hidden = days <= OLD_DAYS;
      line.hidden = false;
    });
  }
  // Only what changed is written: a screen reader speaks once, when it is time.
  /** @param {Element} node @param {string} text */
  function write(node, text) { if (node.textContent !== text) node.textContent = text; }

  // "5 min ago" goes with every form of the page, without waiting for the server.
  /** @param {number} minutes */
  function setInjury(minutes) {
    var at = now() - 60 * minutes;
    all("main form").forEach(function (form) {
      var input = all("input[name=hurt]", form, HTMLInputElement)[0] || document.createElement("input");
      input.type = "hidden";
      input.name = "hurt";
      input.value = String(at);
      form.insertBefore(input, form.firstChild);
    });
    all("main [data-since]").forEach(function (line) { line.setAttribute("data-since", String(at)); });
    countUp();
  }

  // "Where am I?": the team's plan, from the server after the advice is shown; and the phone's position, on a tap only.
  // Without an answer nothing shows, and nothing waits for one.
  /** @param {HTMLElement} main */
  function where(main) {
    all(".where:not([data-ready])", main).forEach(function (part) {
      part.setAttribute("data-ready", "");
      var plan = one(".told", part), button = one("[data-position]", part);
      if (!plan.firstElementChild && base.isSignedIn()) askWhere(main, part, plan);
      if (!navigator.geolocation || !window.isSecureContext) return;
      part.hidden = button.hidden = false;
      button.addEventListener("click", function () { askPosition(one(".spot", part), button); });
    });
  }
  /** @param {HTMLElement} main @param {HTMLElement} part @param {HTMLElement} plan */
  function askWhere(main, part, plan) {
    var address = attribute(part, "data-where"), limit = base.timeLimit(WHERE_MS);
    fetch(address, { cache: "no-store", signal: limit }).then(function (answer) {
      if (answer.status === 204) base.noteSignedIn(false);
      return answer.status === 200 ? answer.text() : "";
    }).then(function (markup) {
      if (!markup) return;
      plan.innerHTML = markup;
      var way = plan.querySelector(".to-hospital");
      if (way && attribute(part, "data-level") !== String(shared.engine.HOSPITAL)) way.remove();
      all("a[href='#directions']", main).forEach(function (link) { link.hidden = !plan.querySelector("#directions"); });
      part.hidden = false;
    }).catch(function () {
      // The advice stands without it.
      plan.textContent = part.getAttribute("data-away");
      part.hidden = false;
    });
  }
  /** @param {HTMLElement} line @param {HTMLElement} button */
  function askPosition(line, button) {
    /** @param {string} words */
    function say(words) { line.textContent = words; line.hidden = false; }
    say(attribute(line, "data-wait"));
    navigator.geolocation.getCurrentPosition(function (position) {
      var at = position.coords;
      say(attribute(line, "data-found")
        .replace("%(place)s", at.latitude.toFixed(5) + ", " + at.longitude.toFixed(5))
        .replace("%(metres)s", String(Math.ceil(at.accuracy))));
      button.hidden = true;
    }, function () {
      say(attribute(line, "data-none"));
    }, { enableHighAccuracy: true, timeout: 5000, maximumAge: 60000 });
  }

  // Danger signs: each tap on the first screen has its advice in a <template>.
  /** @param {HTMLElement} main */
  function signs(main) {
    var form = all("#signs")[0];
    if (!form || !form.classList.contains("now") || !("content" in document.createElement("template"))) return;
    if (!main.querySelector("template")) return;
    var first = Array.prototype.slice.call(main.childNodes);
    var title = document.title;
    var started = now();
    // The page may be a copy from another day, or lie open for hours before anybody is hurt: then it begins at the tap.
    function begin() {
      var late = now() - started;
      if (late > LAY_OPEN_S || late < 0) started = now();
      all("input[name=started]", form, HTMLInputElement).forEach(function (input) { input.value = String(started); });
    }
    begin();

    /** @param {Node[]} nodes */
    function fill(nodes) {
      while (main.firstChild) main.removeChild(main.firstChild);
      nodes.forEach(function (node) { main.appendChild(node); });
      window.scrollTo(0, 0);
    }
    /** @param {string} sign */
    function adviceFor(sign) {
      var advice = first.filter(function (node) { return node.id === "advice-" + sign; })[0];
      return advice instanceof HTMLTemplateElement ? advice : null;
    }
    // `tap` is what the history keeps: the sign, when it was tapped, and when the answering began.
    /** @param {Tap} tap */
    function show(tap) {
      var advice = adviceFor(tap.sign), at = tap.at || now(), begun = tap.started || started;
      if (!advice) return;
      fill([document.importNode(advice.content, true)]);
      all("input[name=started]", main, HTMLInputElement).forEach(function (input) { input.value = String(begun); });
      all("input[name=trail]", main, HTMLInputElement).forEach(function (input) {
        input.value = input.value.replace(/^0 /, at + " ");
      });
      all("[data-since]", main).forEach(function (line) { line.setAttribute("data-since", String(begun)); });
      all("[data-from]", main).forEach(function (line) { line.setAttribute("data-from", String(at)); });
      document.title = attribute(advice, "data-title");
      countUp();
      one("#result").focus({ preventScroll: true });
      setTimeout(base.loadLater, 500);
    }
    function showFirst() {
      fill(first);
      document.title = title;
      main.focus({ preventScroll: true });
    }

    // A further sign adds its first aid under what is there, and goes with every form on the page. It hides nothing.
    /** @param {HTMLTemplateElement} advice @param {HTMLButtonElement} chip */
    function add(advice, chip) {
      var other = advice.content;
      var heading = document.createElement("h3");
      heading.textContent = chip.textContent;
      heading.tabIndex = -1;
      var more = one(".more", main).appendChild(document.createElement("div"));
      more.appendChild(heading);
      more.appendChild(document.importNode(one(".do", other), true));
      var dont = other.querySelector(".dont");
      if (dont) more.appendChild(document.importNode(dont, true));
      all(".aid", other).forEach(function (aid) {
        var same = main.querySelector(".aid[data-aid=" + attribute(aid, "data-aid") + "]");
        if (!same) one(".aids", main).appendChild(document.importNode(aid, true));
      });
      var seen = main.querySelector(".seen");
      if (seen) seen.appendChild(document.importNode(one(".seen > div", other), true));
      var carried = all(".report input", other, HTMLInputElement).filter(function (input) {
        return input.name === "trail" || input.name.indexOf(PREFIX) === 0;
      });
      var at = now();
      all("form", main).forEach(function (target) {
        var state = target.querySelector("input[name=started]");
        carried.forEach(function (input) {
          var copy = document.importNode(input, true);
          copy.value = copy.value.replace(/^0 /, at + " ");
          target.insertBefore(copy, state);
        });
      });
      var again = other.querySelector(".again"), old = main.querySelector(".again");
      if (again && (!old || Number(again.getAttribute("data-min")) < Number(old.getAttribute("data-min")))) {
        var line = document.importNode(again, true);
        line.setAttribute("data-from", String(at));
        if (old) old.replaceWith(line); else more.after(line);
        countUp();
      }
      chip.remove();
      heading.focus();
    }

    main.addEventListener("click", function (event) {
      if (asking()) return;
      var button = closest(event, "button[name=sign]", HTMLButtonElement);
      if (button && !button.closest(".also")) begin();
      var advice = button && adviceFor(button.value);
      if (button && advice) {
        event.preventDefault();
        if (button.closest(".also")) { add(advice, button); return; }
        var tap = { sign: button.value, at: now(), started: started };
        history.pushState(tap, "");
        show(tap);
        return;
      }
      if (closest(event, "a.go-back") && history.state && history.state.sign) {
        event.preventDefault();
        history.back();
      }
    });
    window.addEventListener("popstate", function (event) {
      if (asking()) return;
      if (event.state && event.state.sign && adviceFor(event.state.sign)) show(event.state);
      else showFirst();
    });
    // Coming back from another page shows what was left, and so does a phone that loads the page again after it was
    // locked; opening the address, or finding the page half a day later, starts anew.
    var how = base.cameBy();
    if (asking() && how === "navigate") history.replaceState(null, "");
    if (!history.state || !history.state.sign) return;
    var isFresh = now() - (history.state.at || 0) < FRESH_S;
    if (isFresh && (how === "back_forward" || how === "reload") && adviceFor(history.state.sign)) show(history.state);
    else history.replaceState(null, "");
  }
})();
