// What the scripts of every page stand on, loaded before any of them: what they share with the server, the chosen
// theme, and helps for older browsers. As they are, older browsers than the supported ones read it, too: no newer
// syntax here.
// Written by tools/shared.py from the server's own modules: change it there, not here.
var shared = {
  engine: {
    RULES_FORMAT: 1, SURE: 0, NOT_MET: 5, AMBULANCE: 1, HOSPITAL: 2, LEVELS: [1, 2, 3, 4], ALWAYS: ["life", "any"],
    UNKNOWN_AGE: "unknown", LOOK_AGAIN_FROM: 3, ASKED: ["awake", "breathing", "pain"], PAIN: "pain",
    FOUND: {"awake": "responds", "breathing": "breathes-normally"}, WORSE: "getting-worse", MOST_PAIN: 10,
    MOST_LOOKS: 15, SIGNS: "signs", SIGNS_AGAIN: "signs-again", WHERE: "where", WHERE_INNER: "where-",
    SETTLE: "settle-", AGE: "age", AGAIN: "again-",
    CHECKS: {"check-response": "responds", "check-breathing": "breathes-normally"}, LOOKED_AGAIN: "looked-again",
    SAFEGUARDING: "safeguarding", MENTAL_HEALTH: "mental_health", ANSWERS: {"yes": true, "no": false, "unsure": null},
    UNSURE: "unsure", SINGLE: ["sign", "age", "complaints", "page", "choose", "answer", "look"], PICK: "pick",
    ANSWER_PREFIX: "a.", LOOK_PREFIX: "again.", WHICH_PREFIX: "which.", ONE_OR_MORE: "which", BETWEEN: "+"
  },
  routing: {
    WORDS_FORMAT: 1, LONGEST_TEXT: 200, MOST_PROPOSED: 5, MOST_TOKENS: 40, LONGEST_TOKEN: 30, SAME: 100, NEAR: 95,
    PARTICLE_WEIGHT: 25, LESS_PER_EDIT: 15, LEAST_SHARE: 30, EDITS: [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3]
  },
  field: {
    FIRST_SCREEN: "/field", LISTS: "/field/kept/addresses/", LANGUAGE: "/language", OLDEST_S: 691200, LAY_OPEN_S: 600,
    MOST_STEPS: 80, MOST_KEPT: 60, MINUTES_AGO: ["0", "5", "15", "30"],
    JOURNEY_FIELDS: ["ago", "change", "hurt", "started", "trail", "was"], WORDS_FIELD: "words",
    OFFERED_FIELD: "offered", REPORT_PREFIX: "r-", FOR_RECORD: "r-for", SCAN_LETTERS: 22, CODE_LETTERS: 16
  },
  phone: {
    REPORTS: "/field/phone", NEW: "/field/report/new", SAVE: "/field/report/save", WAITS_S: 604800, DAYS_BACK: 8,
    MINUTES: ["0", "5", "15", "30"], BEGAN: ["60", "180", "720", "1440", "4320", "10080", "20160", "40320"],
    NOT_CALLED: "no", ZONE: "r-zone", UNLISTED: "r-unlisted", ZONE_PLACE: "{{zone}}", OTHER: "other",
    SEVERAL: ["r-how", "r-done", "r-told"], DRAFT_BYTES: 16, TOKEN_FIELD: "_csrf",
    FORM_FIELDS: ["_csrf", "came_from", "draft"]
  },
};
// Until here.

var base = (function () {
  "use strict";
  var root = document.documentElement;

  // What this browser keeps by name. Where storage is switched off, it keeps nothing.
  /** @param {string} name */
  function stored(name) {
    try { return localStorage.getItem(name) || ""; } catch (error) { return ""; }
  }
  /** @param {string} name @param {string} text */
  function store(name, text) {
    try {
      if (text) localStorage.setItem(name, text); else localStorage.removeItem(name);
    } catch (error) { /* it then lasts for this page */ }
  }

  var THEME = "theme", SIGNED_IN = "signed-in";
  function theme() { return stored(THEME); }
  /** @param {string} name */
  function chooseTheme(name) {
    wear(name);
    store(THEME, name);
  }
  /** @param {string} name */
  function wear(name) {
    if (name === "dark" || name === "light" || name === "sun") root.setAttribute("data-theme", name);
    else root.removeAttribute("data-theme");
  }
  wear(theme());

  // Whether somebody signed in here. It only hints: the server decides.
  function isSignedIn() { return stored(SIGNED_IN) === "yes"; }
  /** @param {boolean} is */
  function noteSignedIn(is) { store(SIGNED_IN, is ? "yes" : ""); }

  // The time zone of this browser, as the IANA database names it; nothing where the browser does not tell.
  function zone() {
    try { return new Intl.DateTimeFormat().resolvedOptions().timeZone; } catch (error) { return undefined; }
  }

  // iOS before 15.4 does not say which button sent a form, and before 16 no script can send one as that button does.
  function helpOlder() {
    /** @type {HTMLButtonElement | null} */
    var tapped = null;
    if (!window.SubmitEvent || !("submitter" in SubmitEvent.prototype)) {
      document.addEventListener("click", function (event) {
        tapped = closest(event, "button", HTMLButtonElement);
      }, true);
      document.addEventListener("submit", function (event) {
        /** @type {any} */ (event).submitter = tapped && tapped.form === event.target ? tapped : null;
      }, true);
    }
    if (typeof HTMLFormElement.prototype.requestSubmit === "function") return;
    HTMLFormElement.prototype.requestSubmit = function (button) {
      var own = button || this.appendChild(document.createElement("button"));
      if (!button) own.hidden = true;
      own.click();
      if (!button) this.removeChild(own);
    };
  }
  helpOlder();

  // How this page was come to: "navigate", "reload" or "back_forward". Safari before 15 says it the old way.
  function cameBy() {
    var entry = /** @type {any} */ (performance.getEntriesByType("navigation")[0]), old = performance.navigation;
    return entry ? String(entry.type) : ["navigate", "reload", "back_forward"][old ? old.type : 0];
  }

  // Scripts that can wait until the page is there, by their addresses, one after the other.
  /** @param {string} addresses */
  function load(addresses) {
    addresses.split(" ").filter(String).forEach(function (address) {
      var script = document.createElement("script");
      script.src = address;
      script.async = false;
      document.head.appendChild(script);
    });
  }
  // Those that the page itself names, once.
  function loadLater() {
    var addresses = root.getAttribute("data-later") || "";
    root.removeAttribute("data-later");
    load(addresses);
  }

  // A line that carries nothing would be waited for without end.
  /** @param {number} ms */
  function timeLimit(ms) {
    var control = new AbortController();
    setTimeout(function () { control.abort(); }, ms);
    return control.signal;
  }

  /** @param {any} element @param {Function} [kind] */
  function isA(element, kind) { return Boolean(element) && (!kind || element instanceof kind); }
  // Elements by their selector, within the page or a part of it, of a kind where one is named. `one` has to be there.
  /** @param {string} selector @param {ParentNode} [within] @param {Function} [kind] @returns {any} */
  function all(selector, within, kind) {
    var elements = (within || document).querySelectorAll(selector);
    return Array.prototype.filter.call(elements, function (element) { return isA(element, kind); });
  }
  /** @param {string} selector @param {ParentNode} [within] @param {Function} [kind] @returns {any} */
  function one(selector, within, kind) {
    var element = (within || document).querySelector(selector);
    if (!isA(element, kind)) throw new Error("nothing of that kind is " + selector);
    return element;
  }
  // What a map has under a name that stands in the same data.
  /** @template T @param {Map<string, T>} map @param {string} name @returns {T} */
  function theOne(map, name) {
    var value = map.get(name);
    if (value === undefined) throw new Error("there is no " + name);
    return value;
  }
  // The nearest element like that around what an event is about, or null.
  /** @param {Event} event @param {string} selector @param {Function} [kind] @returns {any} */
  function closest(event, selector, kind) {
    var element = event.target instanceof Element ? event.target.closest(selector) : null;
    return isA(element, kind) ? element : null;
  }
  /** @param {Element} element @param {string} name */
  function attribute(element, name) { return element.getAttribute(name) || ""; }

  return {
    stored: stored, store: store, zone: zone, theme: theme, chooseTheme: chooseTheme, isSignedIn: isSignedIn,
    noteSignedIn: noteSignedIn, cameBy: cameBy, load: load, loadLater: loadLater, timeLimit: timeLimit,
    theOne: theOne, attribute: attribute,
    all: /** @type {All} */ (all), one: /** @type {One} */ (one), closest: /** @type {Closest} */ (closest),
  };
})();
