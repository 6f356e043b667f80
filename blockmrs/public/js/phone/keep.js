// On every page, after it is there: says how many reports wait on this phone, sends those that may go, and keeps a
// report that is being written when there is no signal. Needs base.js and outbox.js. The words stand in the page.
(() => {
  "use strict";
  const { REPORTS, NEW, SAVE, FORM_FIELDS, TOKEN_FIELD, OTHER } = shared.phone, { ANSWER_PREFIX } = shared.engine;
  const { FOR_RECORD } = shared.field, PROBE_MS = 4000;
  const main = document.getElementById("main"), status = document.getElementById("status");
  const words = element => element ? element.textContent.trim() : "";
  const say = id => { status.textContent = words(document.getElementById(id)); };
  // An older browser lacks a part of what is used here: then every form goes to the server as without a script.
  const isAble = (() => {
    try {
      return Boolean(window.indexedDB && window.crypto && crypto.subtle && window.AbortController);
    } catch (error) {
      return false;
    }
  })();

  // --- whose page --------------------------------------------------------------------------------------------------
  // Who the server says is signed in, once: this page may still be open when somebody else is. null: nobody. Pages under
  // /field are the same for everybody, and tell nothing (undefined): there it is whoever was signed in last.
  const owner = (async () => {
    const named = document.querySelector("[data-account]");
    if (!named || !isAble) return undefined;
    const told = named.getAttribute("data-account");
    for (const place of document.querySelectorAll("[data-account]")) place.setAttribute("data-account", told.split(" ")[0]);
    return told ? outbox.ownerOf(told) : null;
  })();
  const noted = owner.then(who => who ? outbox.signIn(who, performance.timing.navigationStart) : who === null ? outbox.signOut() : null);
  noted.catch(() => {});

  // --- what waits --------------------------------------------------------------------------------------------------
  async function showCount() {
    const number = await outbox.count();
    for (const element of document.querySelectorAll("[data-kept]")) {
      const pattern = number === 1 && element.getAttribute("data-kept-one") || element.getAttribute("data-kept");
      const place = element.querySelector("[data-kept-words]") || element;
      place.textContent = pattern.replace("%(number)s", number);
      element.hidden = !number;
    }
  }
  // What was on its way to the server when this page was asked for stands on it.
  async function noteArrival() {
    const taken = document.querySelector(`form[action="${SAVE}"] [name=r-draft], form[action="${NEW}"] [name=r-draft]`);
    if (taken) await outbox.arrived(taken.value);
  }
  let busy = false;
  async function refresh() {
    if (busy || !isAble) return;
    busy = true;
    try {
      await noted.catch(() => {});
      await noteArrival();
      await showCount();
      if (location.pathname !== REPORTS) await outbox.sendAll(showCount);
      await showCount();
    } catch (error) { /* no database here: nothing waits in it */ } finally { busy = false; }
  }

  // --- keeping -----------------------------------------------------------------------------------------------------
  // What the coach saw when the report was begun: the level, its words, each sign, whom to tell. The server works its own out.
  function adviceHere(fields) {
    const kept = document.getElementById("kept-advice"), tag = main.querySelector(".lv");
    const band = main.querySelector(".care") || tag || main, title = document.getElementById("result");
    const [, level] = /\bl([1-4])\b/.exec(band.className) || [];
    const shown = { level, words: words(title || (tag && tag.firstChild)) };
    if (kept) Object.assign(shown, { level: kept.getAttribute("data-level"), words: kept.getAttribute("data-words") });
    const at = new Map();
    for (const [name, value] of fields) {
      const [seconds, ...names] = value.split(" ");
      if (name === "trail") for (const one of names) at.set(one, Number(seconds));
    }
    const rows = (kept || main).querySelectorAll("dl.seen > div, dl.signs > div, dl.looks > div");
    const seen = [...rows].map(row => {
      const button = row.querySelector("[name=change]"), time = row.querySelector("dt .at");
      const finding = button ? button.value : row.getAttribute("data-finding");
      const label = words(row.querySelector("dt")).slice(words(time).length).trim();
      return [label, words(row.querySelector("dd")), at.get(ANSWER_PREFIX + finding) || null];
    });
    const rules = words((kept || main).querySelector("[data-rules]"));
    const tell = [...(kept || main).querySelectorAll(".who-told li")].map(words);
    return { level: Number(shown.level) || 0, words: shown.words, seen, rules, tell };
  }
  function fieldsOf(form, submitter) {
    const typed = [...new FormData(form)];
    const fields = typed.filter(([name, value]) => typeof value === "string" && !FORM_FIELDS.includes(name));
    return submitter && submitter.name ? [...fields, [submitter.name, submitter.value]] : fields;
  }
  async function keep(form, submitter, how) {
    const fields = fieldsOf(form, submitter), named = document.querySelector("[data-who]");
    const chosen = submitter && submitter.name === "r-player" && submitter.value !== OTHER ? words(submitter) : "";
    const who = chosen || (named ? named.getAttribute("data-who") : "");
    await noted.catch(() => {});
    return outbox.keep({ fields, advice: adviceHere(fields), who, owner: await owner }, how);
  }
  // Changing who is hurt, and Enter in a text box, ask for the page before: it is the phone's own form here.
  const answerOf = submitter => submitter && submitter.name !== "ask" ? submitter : null;
  async function keepHere(form, submitter, state) {
    const id = await keep(form, answerOf(submitter), { state });
    location.assign(state === "draft" ? REPORTS + "#write/" + id : REPORTS);
  }
  async function reached() {
    if (navigator.onLine === false) return false;
    try {
      const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store", signal: base.timeLimit(PROBE_MS) });
      return answer.status < 600;
    } catch (error) {
      return false;
    }
  }

  // --- sending -----------------------------------------------------------------------------------------------------
  function toServer(form, submitter) {
    form.removeAttribute("data-sent");
    form.setAttribute("data-to-server", "");
    form.requestSubmit(submitter || undefined);
  }
  // The signal may go before the answer comes: what was typed is on the phone before it is sent, and until it arrived.
  async function save(form, submitter) {
    let id = "";
    try {
      id = await keep(form, submitter, {});
    } catch (error) {
      toServer(form, submitter);  // this phone keeps nothing: as without a script
      return;
    }
    const token = form.elements.namedItem(TOKEN_FIELD), who = await owner;
    const result = await outbox.send(id, token && who ? { form: { token: token.value, account: who.account, owner: who } } : {});
    if (result.sent) location.assign(result.sent + (result.again ? "?again=1" : "?saved=1"));
    else if (result.why === "signal") location.assign(REPORTS);
    else {
      // The server asks something, or says what is wrong, on a page of its own.
      await outbox.mark(id, { state: "draft", why: "", going: true });
      toServer(form, submitter);
    }
  }
  async function goOn(form, submitter) {
    const typed = form.elements.namedItem("r-draft");
    try {
      if (typed && await owner) await keep(form, answerOf(submitter), { state: "draft", going: true });
    } catch (error) { /* this phone keeps nothing: as without a script */ }
    toServer(form, submitter);
  }

  // A report goes to the server where that answers. Else it is kept here, and what was typed stays on the screen until
  // it is.
  async function takeReport(form, submitter, path) {
    if (form.hasAttribute("data-keeping")) return;
    form.setAttribute("data-keeping", "");
    const note = document.createElement("p");
    note.textContent = words(document.getElementById("sending-words"));
    if (submitter) submitter.after(note);
    say("sending-words");
    try {
      const isThere = !form.hasAttribute("data-keep") && await reached();
      if (isThere && path === SAVE) await save(form, submitter);
      else if (isThere) await goOn(form, submitter);
      else await keepHere(form, submitter, path === SAVE ? "waiting" : "draft");
    } catch (error) {
      say("not-kept");
      window.scrollTo(0, 0);
    } finally {
      form.removeAttribute("data-keeping");
      form.removeAttribute("data-sent");
      note.remove();
    }
  }
  document.addEventListener("submit", event => {
    const form = event.target, submitter = event.submitter || null;
    const isPost = (submitter && submitter.getAttribute("formmethod") || form.method) === "post";
    const path = new URL(submitter && submitter.getAttribute("formaction") || form.action, location.href).pathname;
    if (event.defaultPrevented || !isPost || form.hasAttribute("data-to-server")) return;
    if (path === "/logout" && isAble) outbox.signOut().catch(() => {});
    const isReport = path === NEW || path === SAVE;
    // What is for somebody's own record is written with that record at hand, on the server's pages.
    if (isAble && isReport && !form.elements.namedItem(FOR_RECORD)) {
      event.preventDefault();
      takeReport(form, submitter, path);
    } else if (navigator.onLine === false && document.querySelector("[data-account]")) {
      // A page that only the server has would be gone, with all that was typed into it.
      event.preventDefault();
      form.removeAttribute("data-sent");
      say("offline-words");
      window.scrollTo(0, 0);
    }
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-to-server]")) form.removeAttribute("data-to-server");
    refresh();
  });
  window.addEventListener("online", refresh);
  if (outbox.channel) outbox.channel.addEventListener("message", () => showCount().catch(() => {}));
  for (const form of document.querySelectorAll("form[data-keep]")) form.hidden = !isAble;
  refresh();
})();
