// What the scripts of every page stand on, loaded before any of them: what they share with the server, the chosen theme,
// and helps for older browsers. As they are, older browsers than the supported ones read it, too: no newer syntax here.
"use strict";
// Written by tools/shared.py from the server's own modules: change it there, not here.
var shared = {
  engine: {
    RULES_FORMAT: 1, SURE: 0, NOT_MET: 5, AMBULANCE: 1, HOSPITAL: 2, LEVELS: [1, 2, 3, 4], ALWAYS: ["life", "any"],
    UNKNOWN_AGE: "unknown", LOOK_AGAIN_FROM: 3, ASKED: ["awake", "breathing", "pain"], PAIN: "pain",
    FOUND: {"awake": "responds", "breathing": "breathes-normally"}, WORSE: "getting-worse", MOST_PAIN: 10,
    MOST_LOOKS: 15, SIGNS: "signs", SIGNS_AGAIN: "signs-again", WHERE: "where", WHERE_INNER: "where-", AGE: "age",
    AGAIN: "again-", CHECKS: {"check-response": "responds", "check-breathing": "breathes-normally"},
    LOOKED_AGAIN: "looked-again", SAFEGUARDING: "safeguarding", MENTAL_HEALTH: "mental_health",
    ANSWERS: {"yes": true, "no": false, "unsure": null}, UNSURE: "unsure",
    SINGLE: ["sign", "age", "complaints", "page", "choose", "answer", "look"], PICK: "pick", ANSWER_PREFIX: "a.",
    LOOK_PREFIX: "again."
  },
  routing: {
    WORDS_FORMAT: 1, LONGEST_TEXT: 200, MOST_PROPOSED: 5, MOST_TOKENS: 40, LONGEST_TOKEN: 30, SAME: 100, NEAR: 95,
    PARTICLE_WEIGHT: 25, LESS_PER_EDIT: 15, LEAST_SHARE: 30, EDITS: [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3]
  },
  field: {
    FIRST_SCREEN: "/field", LISTS: "/field/kept/addresses/", LANGUAGE: "/language", OLDEST_S: 691200, LAY_OPEN_S: 600,
    MOST_STEPS: 80, MOST_KEPT: 60, MINUTES_AGO: ["0", "5", "15", "30"],
    JOURNEY_FIELDS: ["ago", "change", "hurt", "started", "trail", "was"], WORDS_FIELD: "words",
    OFFERED_FIELD: "offered", REPORT_PREFIX: "r-", FOR_RECORD: "r-for", SCAN_LETTERS: 22
  },
  phone: {
    REPORTS: "/field/phone", NEW: "/field/report/new", SAVE: "/field/report/save", WAITS_S: 604800, DAYS_BACK: 8,
    MINUTES: ["0", "5", "15", "30"], OTHER: "other", SEVERAL: ["r-how", "r-done", "r-told"], DRAFT_BYTES: 16,
    TOKEN_FIELD: "_csrf", FORM_FIELDS: ["_csrf", "came_from", "draft"]
  },
};
// Until here.

var base = (function () {
  var root = document.documentElement;

  // What this browser keeps by name. Where storage is switched off, it keeps nothing.
  function stored(name) {
    try { return localStorage.getItem(name) || ""; } catch (error) { return ""; }
  }
  function store(name, text) {
    try {
      if (text) localStorage.setItem(name, text); else localStorage.removeItem(name);
    } catch (error) { /* it then lasts for this page */ }
  }

  var THEME = "theme", SIGNED_IN = "signed-in";
  function theme() { return stored(THEME); }
  function chooseTheme(name) {
    wear(name);
    store(THEME, name);
  }
  function wear(name) {
    if (name === "dark" || name === "light" || name === "sun") root.setAttribute("data-theme", name);
    else root.removeAttribute("data-theme");
  }
  wear(theme());

  // Whether somebody signed in here. It only hints: the server decides.
  function isSignedIn() { return stored(SIGNED_IN) === "yes"; }
  function noteSignedIn(is) { store(SIGNED_IN, is ? "yes" : ""); }

  // iOS before 15.4 does not say which button sent a form, and before 16 no script can send one as that button does.
  function helpOlder() {
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
  helpOlder();

  // How this page was come to: "navigate", "reload" or "back_forward". Safari before 15 says it the old way.
  function cameBy() {
    var entry = performance.getEntriesByType("navigation")[0], old = performance.navigation;
    return entry ? entry.type : ["navigate", "reload", "back_forward"][old ? old.type : 0];
  }

  // Scripts that can wait until the page is there, by their addresses, one after the other.
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
  function timeLimit(ms) {
    var control = new AbortController();
    setTimeout(function () { control.abort(); }, ms);
    return control.signal;
  }

  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }
  function one(selector, within) {
    var found = (within || document).querySelector(selector);
    if (!found) throw new Error("nothing is " + selector);
    return found;
  }
  function attribute(element, name) { return element.getAttribute(name) || ""; }

  return {
    theme: theme, chooseTheme: chooseTheme, isSignedIn: isSignedIn, noteSignedIn: noteSignedIn, cameBy: cameBy,
    load: load, loadLater: loadLater, timeLimit: timeLimit, all: all, one: one, attribute: attribute,
  };
})();
