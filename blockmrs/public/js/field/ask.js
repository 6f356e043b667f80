// The questions and the advice under /field without a request: each form is answered here, by views.js, in the server's own
// markup (templates/field/blank.xhtml). What is not understood goes to the server. docs/offline.md has more.
(() => {
  "use strict";
  const { FIRST_SCREEN, LISTS, OFFERED_FIELD } = shared.field, { SINGLE, PICK, AGE } = shared.engine;
  const TAPPED = [...SINGLE.filter(name => name !== AGE && name !== "complaints"), PICK, OFFERED_FIELD];
  const LOAD_MS = 60000;
  const script = document.currentScript;
  const root = document.documentElement, main = document.getElementById("main");
  // An older browser lacks a part of what is used here: the server answers, as without a script.
  if (!main.replaceChildren || !window.AbortController) return;
  const original = [...main.childNodes], title = document.title;
  const all = (selector, within) => [...within.querySelectorAll(selector)];
  const state = () => history.state || {};
  let shows = null, blanks = null, rules = "";

  // the server's markup, filled
  function filled(kind, values) {
    const blank = blanks.pages.get(kind), content = document.importNode(blank.content, true);
    ticks(content, values);
    fillChildren(content, values);
    all("fieldset.picks", content).forEach((group, place) => {
      const about = ["h-pick", "e-pick"].filter(id => content.querySelector("#" + id)).join(" ");
      if (about) group.setAttribute("aria-describedby", about); else group.removeAttribute("aria-describedby");
      all("input", group).forEach((input, number) => { input.id = "f-pick" + (number ? "-" + number : ""); });
    });
    all("[data-from]", content).forEach(line => {
      line.setAttribute("data-from", values.since);
      line.setAttribute("data-min", values.again.after_min);
    });
    all("[data-since]", content).forEach(line => line.setAttribute("data-since", values.injured));
    return { content, title: inWords(blank.getAttribute("data-title"), values), look: blank.getAttribute("data-class") };
  }
  // Rows of parts that other pages use too, and that know nothing of blank pages.
  function ticks(content, values) {
    all("form.words", content).forEach(form => form.setAttribute("data-if", "isWhere"));
    all(".who-told li", content).forEach(row => row.setAttribute("data-each", "policies"));
    all("label.pick", content).forEach(row => row.setAttribute("data-each", "toggles"));
    all("#h-pick, label.pick .hint", content).forEach(hint => hint.setAttribute("data-if", "hint"));
  }
  const inWords = (text, values) => text.replace(/\{\{(\w+)\}\}/g, (place, name) => name in values ? values[name] : place);
  const isThere = value => Array.isArray(value) ? value.length > 0 : Boolean(value);

  function fillChildren(parent, values) {
    for (const child of [...parent.childNodes]) {
      if (child.nodeType === 3) child.data = inWords(child.data, values);
      else if (child.nodeType === 1) fillElement(child, values);
    }
  }
  function fillElement(element, values) {
    const when = element.getAttribute("data-if"), each = element.getAttribute("data-each");
    element.removeAttribute("data-if");
    element.removeAttribute("data-each");
    if (when && !isThere(values[when])) { element.remove(); return; }
    if (each) {
      for (const item of values[each]) {
        const copy = element.cloneNode(true);
        element.before(copy);
        fillElement(copy, typeof item === "string" ? { ...values, it: item } : { ...values, ...item });
      }
      element.remove();
      return;
    }
    const pairs = /^\{\{(carried|back|offered)\}\}$/.exec(element.getAttribute("name") || "");
    if (pairs) {
      for (const [name, value] of values[pairs[1]]) {
        const copy = element.cloneNode();
        copy.setAttribute("name", name);
        copy.setAttribute("value", value);
        element.before(copy);
      }
      element.remove();
      return;
    }
    for (const { name, value } of [...element.attributes]) {
      if (!value.includes("{{")) continue;
      const text = inWords(value, values);
      if (text) element.setAttribute(name, text); else element.removeAttribute(name);
    }
    fillChildren(element, values);
  }

  // Which forms are answered here.
  function isOurs(path) {
    return path.startsWith(FIRST_SCREEN) && /^\/(check|words|show|ask\/[^/]*)$/.test(path.slice(FIRST_SCREEN.length));
  }

  // the page in the browser
  function put(nodes, name, look) {
    main.replaceChildren(...nodes);
    document.title = name;
    root.className = look || "plain";
    for (const button of all("[data-print]", main)) {
      button.hidden = false;
      button.onclick = () => window.print();
    }
    window.scrollTo(0, 0);
    document.dispatchEvent(new Event("shown"));
    const target = document.getElementById("errors") || document.getElementById("result") || main.querySelector("h1");
    if (!target) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
  function show({ kind, values }) {
    const { content, title: name, look } = filled(kind, values);
    put([content], name, look);
  }
  // What was tapped on a page of other rules is asked again: that page may have asked something else.
  function again({ path, pairs, rules: told, at }) {
    const asked = () => shows("/field/ask/1", pairs.filter(([name]) => !TAPPED.includes(name)), at);
    try {
      show(told === rules ? shows(path, pairs, at) : asked());
    } catch (error) {
      history.replaceState(null, "");
      if (!document.getElementById("signs")) put(original, title);
    }
  }
  function fieldsOf(form, button) {
    const pairs = [...new FormData(form)];
    if (button && button.name) pairs.push([button.name, button.value]);
    return pairs;
  }
  function pathOf(form, button) {
    const address = button && button.hasAttribute("formaction") ? button.formAction : form.action;
    return new URL(address).pathname;
  }

  main.addEventListener("submit", event => {
    const form = event.target, button = event.submitter, path = pathOf(form, button);
    if (form.method !== "post" || !isOurs(path)) return;
    if (!shows) {
      // Without a signal the server cannot be asked: the tap waits for the rules, which come from the phone.
      if (!coming || navigator.onLine !== false) return;
      event.preventDefault();
      coming.then(() => form.requestSubmit(button || undefined));
      return;
    }
    try {
      const at = Math.floor(Date.now() / 1000);
      const page = shows(path, fieldsOf(form, button), at), { pairs: earlier, sign } = state();
      const look = filled(page.kind, page.values);
      event.preventDefault();
      const fromFirst = !earlier && !sign && Boolean(main.querySelector("#signs.now"));
      const isRefused = page.kind === "choice-error";
      if (!isRefused) history.pushState({ path, pairs: page.state, rules, at, fromFirst }, "");
      put([look.content], look.title, look.look);
    } catch (error) { /* the server is asked */ }
  });
  main.addEventListener("click", event => {
    const link = event.target.closest("a.back");
    if (!link || !state().fromFirst) return;
    event.preventDefault();
    history.back();
  });
  window.addEventListener("popstate", event => {
    const { pairs, sign } = event.state || {};
    if (pairs && shows) again(event.state);
    else if (!sign && !document.getElementById("signs")) put(original, title);
  });

  function ready([data, lists, pages]) {
    const parts = new DOMParser().parseFromString(pages, "text/html");
    const words = { ...parts.getElementById("words").dataset, language: root.lang };
    blanks = { pages: new Map(all("template", parts).map(entry => [entry.id, entry])) };
    shows = views(interviews(triage(data)), routing(lists), words);
    // Loaded again in the middle of the questions: they go on where they were.
    const how = base.cameBy();
    if (state().pairs && (how === "reload" || how === "back_forward")) again(state());
    root.setAttribute("data-asks", "here");
  }
  function loaded(address, read) {
    return fetch(address, { signal: base.timeLimit(LOAD_MS) })
      .then(answer => answer.ok ? read(answer) : Promise.reject(answer.status));
  }
  let coming = loaded(LISTS + root.lang, answer => answer.json().then(list => {
    rules = list.rules;
    // Of another version than this script, or than the rules of this page: the server answers, as without it.
    const page = document.querySelector("script[data-rules]"), own = new URL(script.src);
    if (!list.scripts.includes(own.pathname + own.search)) throw list;
    if (page && page.getAttribute("data-rules") !== rules) throw list;
    const seen = Date.parse(answer.headers.get("Date") || "");
    if (seen) root.setAttribute("data-checked", Math.floor(seen / 1000));
    return Promise.all([
      loaded(list.rules, answer => answer.json()),
      loaded(list.words, answer => answer.json()),
      loaded(list.pages, answer => answer.text()),
    ]);
  })).then(ready).catch(() => { coming = null; });

  // Whether this phone keeps the pages: some browsers cannot, a private window may not, a full phone has no room.
  async function isKept() {
    const found = await navigator.serviceWorker.register("/sw.js");
    const worker = found.installing || found.waiting;
    if (found.active || !worker) return Boolean(found.active);
    return new Promise(done => {
      const told = () => {
        if (["activating", "activated"].includes(worker.state)) done(true);
        if (worker.state === "redundant") done(false);
      };
      worker.addEventListener("statechange", told);
      told();
    });
  }
  isKept().catch(() => false).then(kept => {
    root.setAttribute("data-keeps", kept ? "here" : "not");
    document.dispatchEvent(new Event("keeps"));
  });
})();
