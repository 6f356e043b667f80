// On every page, after it is there: says how many reports wait on this phone, sends those that may go, and keeps a
// report that is being written when there is no signal. Needs base.js and outbox.js. The words stand in the page.
(() => {
  "use strict";
  const { REPORTS, NEW, SAVE, FORM_FIELDS, TOKEN_FIELD, OTHER } = shared.phone, { ANSWER_PREFIX } = shared.engine;
  const { FOR_RECORD } = shared.field, PROBE_MS = 4000;
  const { all, one, attribute } = base, main = one("#main"), status = one("#status");
  /** @param {Node | null | undefined} element */
  const words = element => element ? (element.textContent || "").trim() : "";
  /** @param {string} id */
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
  // Who the server says is signed in, once: this page may still be open when somebody else is. null: nobody. Pages
  // under /field are the same for everybody, and tell nothing (undefined): there it is whoever was signed in last.
  const owner = (async () => {
    const places = all("[data-account]");
    if (!places.length || !isAble) return undefined;
    const account = attribute(places[0], "data-account");
    for (const place of places) place.setAttribute("data-account", account.split(" ")[0]);
    return account ? outbox.ownerOf(account) : null;
  })();
  const noted = owner.then(who => {
    if (who) return outbox.signIn(who, performance.timing.navigationStart);
    return who === null ? outbox.signOut() : undefined;
  });
  noted.catch(() => {});

  // --- what waits --------------------------------------------------------------------------------------------------
  async function showCount() {
    const number = await outbox.count();
    for (const element of all("[data-kept]")) {
      const pattern = number === 1 && attribute(element, "data-kept-one") || attribute(element, "data-kept");
      const place = element.querySelector("[data-kept-words]") || element;
      place.textContent = pattern.replace("%(number)s", String(number));
      element.hidden = !number;
    }
  }
  // What was on its way to the server when this page was asked for stands on it.
  async function noteArrival() {
    const numbers = `form[action="${SAVE}"] [name=r-draft], form[action="${NEW}"] [name=r-draft]`;
    const [number] = all(numbers, document, HTMLInputElement);
    if (number) await outbox.arrived(number.value);
  }
  let busy = false;
  async function refresh() {
    if (busy || !isAble) return;
    busy = true;
    try {
      await noted.catch(() => {});
      await noteArrival();
      if (await owner) outbox.learnTeam().catch(() => {});
      await showCount();
      if (location.pathname !== REPORTS) await outbox.sendAll(showCount);
      await showCount();
    } catch (error) { /* no database here: nothing waits in it */ } finally { busy = false; }
  }

  // --- keeping -----------------------------------------------------------------------------------------------------
  // What the coach saw when the report was begun: the level, its words, each sign, whom to tell. The server works its
  // own out.
  /** @param {Pair[]} fields @returns {GivenAdvice} */
  function adviceHere(fields) {
    const hidden = document.getElementById("kept-advice"), within = hidden || main, tag = main.querySelector(".lv");
    const band = main.querySelector(".care") || tag || main, title = document.getElementById("result");
    const level = hidden ? attribute(hidden, "data-level") : (/\bl([1-4])\b/.exec(band.className) || [])[1];
    const given = hidden ? attribute(hidden, "data-words") : words(title || (tag && tag.firstChild));
    /** @type {Map<string, number>} */
    const at = new Map();
    for (const [name, value] of fields) {
      const [seconds, ...names] = value.split(" ");
      if (name === "trail") for (const field of names) at.set(field, Number(seconds));
    }
    /** @type {GivenAdvice["seen"]} */
    const seen = all("dl.seen > div, dl.signs > div, dl.looks > div", within).map(row => {
      const [button] = all("[name=change]", row, HTMLButtonElement), time = row.querySelector("dt .at");
      const finding = button ? button.value : row.getAttribute("data-finding");
      const label = words(row.querySelector("dt")).slice(words(time).length).trim();
      return [label, words(row.querySelector("dd")), at.get(ANSWER_PREFIX + finding) || null];
    });
    const rules = words(within.querySelector("[data-rules]")), tell = all(".who-told li", within).map(words);
    return { level: Number(level) || 0, words: given, seen, rules, tell };
  }
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter @returns {Pair[]} */
  function fieldsOf(form, submitter) {
    const fields = /** @type {Pair[]} */ ([...new FormData(form)]
      .filter(([name, value]) => typeof value === "string" && !FORM_FIELDS.includes(name)));
    return submitter && submitter.name ? [...fields, [submitter.name, submitter.value]] : fields;
  }
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter @param {Partial<Standing>} how */
  async function keep(form, submitter, how) {
    const fields = fieldsOf(form, submitter), [named] = all("[data-who]");
    const chosen = submitter && submitter.name === "r-player" && submitter.value !== OTHER ? words(submitter) : "";
    const who = chosen || (named ? attribute(named, "data-who") : "");
    await noted.catch(() => {});
    return outbox.keep({ fields, advice: adviceHere(fields), who, owner: await owner }, how);
  }
  // Changing who is hurt, and Enter in a text box, ask for the page before: it is the phone's own form here.
  /** @param {HTMLButtonElement | null} submitter */
  const answerOf = submitter => submitter && submitter.name !== "ask" ? submitter : null;
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter @param {string} state */
  async function keepHere(form, submitter, state) {
    const id = await keep(form, answerOf(submitter), { state });
    await toReports(state === "draft" ? "#write/" + id : "");
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

  // A phone that has no copy of the pages yet would show nothing of what it keeps, once this page is left without a
  // signal: then this page says that it is kept, and goes on when the signal is back.
  async function hasReportsPage() {
    try {
      const registration = await navigator.serviceWorker.getRegistration();
      return Boolean(registration && registration.active && await caches.match(REPORTS, { ignoreVary: true }));
    } catch (error) {
      return false;
    }
  }
  let later = "";
  /** @param {string} view */
  async function toReports(view) {
    if (await hasReportsPage() || await reached()) {
      location.assign(REPORTS + view);
      return;
    }
    say("kept-here");
    window.scrollTo(0, 0);
    later = REPORTS + view;
  }

  // --- sending -----------------------------------------------------------------------------------------------------
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter */
  function toServer(form, submitter) {
    form.removeAttribute("data-sent");
    form.setAttribute("data-to-server", "");
    form.requestSubmit(submitter || undefined);
  }
  // The signal may go before the answer comes: what was typed is on the phone before it is sent, and until it arrived.
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter */
  async function save(form, submitter) {
    /** @type {string} */
    let id;
    try {
      id = await keep(form, submitter, {});
    } catch (error) {
      toServer(form, submitter);  // this phone keeps nothing: as without a script
      return;
    }
    const [token] = all(`[name="${TOKEN_FIELD}"]`, form, HTMLInputElement), who = await owner;
    const session = token && who ? { token: token.value, account: who.account, owner: who } : undefined;
    const result = await outbox.send(id, { form: session });
    if (result.sent) location.assign(result.sent + (result.again ? "?again=1" : "?saved=1"));
    else if (result.why === "signal") await toReports("");
    else {
      // The server asks something, or says what is wrong, on a page of its own.
      await outbox.mark(id, { state: "draft", why: "", going: true });
      toServer(form, submitter);
    }
  }
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter */
  async function goOn(form, submitter) {
    const typed = form.elements.namedItem("r-draft");
    try {
      if (typed && await owner) await keep(form, answerOf(submitter), { state: "draft", going: true });
    } catch (error) { /* this phone keeps nothing: as without a script */ }
    toServer(form, submitter);
  }

  // A report goes to the server where that answers. Else it is kept here, and what was typed stays on the screen until
  // it is.
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter @param {string} path */
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
  // How a form is sent, and where to: its button may say otherwise.
  /** @param {HTMLFormElement} form @param {HTMLButtonElement | null} submitter */
  function target(form, submitter) {
    const method = submitter && submitter.getAttribute("formmethod") || form.method;
    const address = submitter && submitter.getAttribute("formaction") || form.action;
    return { isPost: method === "post", path: new URL(address, location.href).pathname };
  }
  document.addEventListener("submit", event => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const submitter = /** @type {HTMLButtonElement | null} */ (event.submitter || null);
    const { isPost, path } = target(form, submitter);
    if (event.defaultPrevented || !isPost || form.hasAttribute("data-to-server")) return;
    if (path === "/logout" && isAble) outbox.signOut().catch(() => {});
    if (path.startsWith("/team/") && isAble) outbox.changesTeam();
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
    for (const form of all("[data-to-server]")) form.removeAttribute("data-to-server");
    refresh();
  });
  window.addEventListener("online", () => { if (later) location.assign(later); else refresh(); });
  if (outbox.channel) outbox.channel.addEventListener("message", () => showCount().catch(() => {}));
  for (const form of all("form[data-keep]")) form.hidden = !isAble;
  refresh();
})();
