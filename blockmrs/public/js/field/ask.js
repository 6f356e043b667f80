// The questions and the advice under /field without a request: each form is answered here, by views.js, in the server's
// own markup (templates/field/blank.xhtml). What is not understood goes to the server. docs/offline.md has more.
(() => {
  "use strict";
  const { FIRST_SCREEN, LISTS, OFFERED_FIELD } = shared.field, { SINGLE, PICK, AGE } = shared.engine;
  const TAPPED = [...SINGLE.filter(name => name !== AGE && name !== "complaints"), PICK, OFFERED_FIELD];
  const LOAD_MS = 60000, AGAIN_MS = [1000, 5000, 20000];
  const { all, one, closest, attribute } = base, root = document.documentElement, main = one("#main");
  const own = new URL(/** @type {HTMLScriptElement} */ (document.currentScript).src);
  // An older browser lacks a part of what is used here: the server answers, as without a script.
  if (!main.replaceChildren || !window.AbortController) { document.dispatchEvent(new Event("asks")); return; }
  const original = [...main.childNodes], title = document.title;
  /** @returns {Partial<Step & Tap>} */
  const state = () => history.state || {};
  // What answers, and the blank pages by their kinds, once they are there.
  /** @type {Shows | null} */
  let shows = null;
  /** @type {Map<string, HTMLTemplateElement>} */
  let blanks = new Map();
  let rules = "";

  // the server's markup, filled
  /** @param {string} kind @param {Values} values */
  function filled(kind, values) {
    const blank = base.theOne(blanks, kind), content = document.importNode(blank.content, true);
    ticks(content);
    fillChildren(content, values);
    all("fieldset.picks", content).forEach(group => {
      const about = ["h-pick", "e-pick"].filter(id => content.querySelector("#" + id)).join(" ");
      if (about) group.setAttribute("aria-describedby", about); else group.removeAttribute("aria-describedby");
      all("input", group).forEach((input, number) => { input.id = "f-pick" + (number ? "-" + number : ""); });
    });
    all("[data-from]", content).forEach(line => {
      line.setAttribute("data-from", values.since);
      line.setAttribute("data-min", values.again.after_min);
    });
    all("[data-since]", content).forEach(line => line.setAttribute("data-since", values.injured));
    return { content, title: inWords(attribute(blank, "data-title"), values), look: attribute(blank, "data-class") };
  }
  // Rows of parts that other pages use too, and that know nothing of blank pages.
  /** @param {ParentNode} content */
  function ticks(content) {
    all("form.words", content).forEach(form => form.setAttribute("data-if", "isWhere"));
    all(".who-told li", content).forEach(row => row.setAttribute("data-each", "policies"));
    all("label.pick", content).forEach(row => row.setAttribute("data-each", "toggles"));
    all("label.pick .part", content).forEach(row => row.setAttribute("data-each", "parts"));
    all("#h-pick, label.pick .hint", content).forEach(hint => hint.setAttribute("data-if", "hint"));
  }
  /** @param {string} text @param {Values} values */
  const inWords = (text, values) => text.replace(/\{\{(\w+)\}\}/g, (place, name) =>
    name in values ? values[name] : place);
  /** @param {unknown} value */
  const isThere = value => Array.isArray(value) ? value.length > 0 : Boolean(value);

  /** @param {Node} parent @param {Values} values */
  function fillChildren(parent, values) {
    for (const child of [...parent.childNodes]) {
      if (child instanceof Text) child.data = inWords(child.data, values);
      else if (child instanceof Element) fillElement(child, values);
    }
  }
  /** @param {Element} element @param {Values} values */
  function fillElement(element, values) {
    const when = element.getAttribute("data-if"), each = element.getAttribute("data-each");
    element.removeAttribute("data-if");
    element.removeAttribute("data-each");
    if (when && !isThere(values[when])) { element.remove(); return; }
    if (each) {
      for (const item of values[each]) {
        const copy = /** @type {Element} */ (element.cloneNode(true));
        element.before(copy);
        fillElement(copy, typeof item === "string" ? { ...values, it: item } : { ...values, ...item });
      }
      element.remove();
      return;
    }
    const pairs = /^\{\{(carried|back|offered)\}\}$/.exec(element.getAttribute("name") || "");
    if (pairs) {
      for (const [name, value] of values[pairs[1]]) {
        const copy = /** @type {Element} */ (element.cloneNode());
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
  /** @param {string} path */
  function isOurs(path) {
    return path.startsWith(FIRST_SCREEN) && /^\/(check|words|show|ask\/[^/]*)$/.test(path.slice(FIRST_SCREEN.length));
  }

  // the page in the browser
  /** @param {Node[]} nodes @param {string} name @param {string=} look */
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
    const target = document.getElementById("errors") || document.getElementById("result") || all("h1", main)[0];
    if (!target) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
  /** @param {BlankFilled} page */
  function show({ kind, values }) {
    const { content, title: name, look } = filled(kind, values);
    put([content], name, look);
  }
  // What was tapped on a page of other rules is asked again: that page may have asked something else.
  /** @param {Step} step @param {Shows} answer */
  function again(step, answer) {
    const { path, pairs, at } = step, before = pairs.filter(([name]) => !TAPPED.includes(name));
    try {
      show(step.rules === rules ? answer(path, pairs, at) : answer("/field/ask/1", before, at));
    } catch (error) {
      history.replaceState(null, "");
      if (!document.getElementById("signs")) put(original, title);
    }
  }
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} button */
  function fieldsOf(form, button) {
    const pairs = /** @type {Pair[]} */ ([...new FormData(form)]);
    if (button && button.name) pairs.push([button.name, button.value]);
    return pairs;
  }
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} button */
  function pathOf(form, button) {
    const address = button && button.hasAttribute("formaction") ? button.formAction : form.action;
    return new URL(address).pathname;
  }

  main.addEventListener("submit", event => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter), path = pathOf(form, button);
    // Until this is ready a tap waits in field.js, or goes to the server.
    if (form.method !== "post" || !isOurs(path) || !shows || event.defaultPrevented) return;
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
    const link = closest(event, "a.back");
    if (!link || !state().fromFirst) return;
    event.preventDefault();
    history.back();
  });
  window.addEventListener("popstate", event => {
    const { pairs, sign } = event.state || {};
    if (pairs && shows) again(event.state, shows);
    else if (!sign && !document.getElementById("signs")) put(original, title);
  });

  /** @param {[Rules, Lists, string]} parts */
  function ready([data, lists, pages]) {
    const parts = new DOMParser().parseFromString(pages, "text/html");
    const words = /** @type {Record<string, string>} */ ({ ...one("#words", parts).dataset, language: root.lang });
    blanks = new Map(all("template", parts, HTMLTemplateElement).map(entry => [entry.id, entry]));
    shows = views(interviews(triage(data)), routing(lists), words);
    // Loaded again in the middle of the questions: they go on where they were.
    const how = base.cameBy();
    if (state().pairs && (how === "reload" || how === "back_forward")) again(history.state, shows);
    root.setAttribute("data-asks", "here");
  }
  /** @template T @param {string} address @param {(answer: Response) => T | Promise<T>} read @returns {Promise<T>} */
  function loaded(address, read) {
    return fetch(address, { signal: base.timeLimit(LOAD_MS) })
      .then(answer => answer.ok ? read(answer) : Promise.reject(answer.status));
  }
  // Which rules, words and pages there are now.
  async function listOf(/** @type {Response} */ answer) {
    /** @type {KeptList} */
    const list = await answer.json();
    rules = list.rules;
    // Of another version than this script, or than the rules of this page: the server answers, as without it.
    const page = document.querySelector("script[data-rules]");
    if (!list.scripts.includes(own.pathname + own.search)) throw list;
    if (page && page.getAttribute("data-rules") !== rules) throw list;
    const checked = Date.parse(answer.headers.get("Date") || "");
    if (checked) root.setAttribute("data-checked", String(Math.floor(checked / 1000)));
    return list;
  }
  const json = (/** @type {Response} */ answer) => answer.json();
  const text = (/** @type {Response} */ answer) => answer.text();
  async function begin() {
    const list = await loaded(LISTS + root.lang, listOf);
    ready(await Promise.all([loaded(list.rules, json), loaded(list.words, json), loaded(list.pages, text)]));
  }
  // What did not come is asked for again, now and then. Rules that are not those of this page stay so.
  async function beginAgain() {
    for (const wait of [...AGAIN_MS, 0]) {
      try {
        await begin();
        return;
      } catch (error) {
        if (!wait || (error instanceof Object && "scripts" in error)) return;
      } finally {
        document.dispatchEvent(new Event("asks"));
      }
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  }
  beginAgain();

  // Whether this phone has a copy of the pages: some browsers cannot, a private window may not, a full phone has no
  // room.
  /** @returns {Promise<boolean>} */
  async function hasCopy() {
    const registration = await navigator.serviceWorker.register("/sw.js");
    const worker = registration.installing || registration.waiting;
    if (registration.active || !worker) return Boolean(registration.active);
    return new Promise(resolve => {
      const look = () => {
        if (["activating", "activated"].includes(worker.state)) resolve(true);
        if (worker.state === "redundant") resolve(false);
      };
      worker.addEventListener("statechange", look);
      look();
    });
  }
  hasCopy().catch(() => false).then(isHere => {
    root.setAttribute("data-keeps", isHere ? "here" : "not");
    document.dispatchEvent(new Event("keeps"));
  });
})();
