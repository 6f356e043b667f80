// The page of the reports that wait on this phone: lists them, writes, shows, sends and deletes them, with or without a
// signal. Needs base.js, outbox.js, reading.js and writing.js. Every word and every field stands in the page's
// templates; this fills them in. What a view shows is named behind the "#" of the address by the report's number, which
// says nothing.
(() => {
  "use strict";
  document.documentElement.removeAttribute("data-later");
  const { all, one, attribute } = base, main = one("#main"), status = one("#status");
  const { SEVERAL } = shared.phone, SESSION_MS = 4000;
  const { templates, say, part, put, clock, near, value, several, name, choice } = reading;
  const { hurtAt, ambulance, age, level, tellOf, signs } = reading;
  const { fillForm, readForm, problems, showProblems } = writing;
  // What is on its way just now, by number.
  /** @type {Set<string>} */
  const sending = new Set();
  /** @param {WaitingReport} report */
  function state(report) {
    const time = near(report.savedAt);
    if (report.locked) return say("locked", { time });
    if (report.broken) return say("broken");
    if (sending.has(report.id)) return say("sending");
    if (report.state === "draft") return say("draft", { time });
    if (report.why) return say(report.why, { time });
    return say(report.by ? "waiting" : "claim", { time });
  }

  // --- views -------------------------------------------------------------------------------------------------------
  // The report that was sent last; how many were wiped; and what brings to the disk what is being typed.
  /** @type {{ address: string, at: number } | null} */
  let sent = null;
  let wiped = 0, flush = async () => {};
  // What the server said of a report, by number.
  /** @type {Map<string, string>} */
  const words = new Map();
  /** @param {string} id @param {string=} title */
  function view(id, title) {
    const copy = document.importNode(templates[id].content, true);
    main.replaceChildren(copy);
    document.title = title || attribute(templates[id], "data-title");
  }
  async function showList() {
    const reports = await outbox.list(), isSomebody = Boolean(await outbox.signedIn());
    view("v-list");
    current = null;
    part(main, "none").hidden = reports.length > 0 || Boolean(sent);
    part(main, "wiped").hidden = !wiped;
    put(main, "wiped", say("wiped", { number: wiped }));
    if (sent) {
      part(main, "sent").hidden = false;
      put(main, "sent-words", say("sent", { time: clock(sent.at) }));
      part(main, "sent-link", HTMLAnchorElement).href = sent.address;
    }
    part(main, "items").append(...reports.map(report => itemOf(report, isSomebody)));
  }
  // One report of the list, with what can be done with it.
  /** @param {WaitingReport} report @param {boolean} isSomebody whether somebody is signed in */
  function itemOf(report, isSomebody) {
    const item = one("*", document.importNode(templates["v-item"].content, true));
    const title = name(report) || say(report.locked ? "somebody" : "nobody");
    put(item, "who", title);
    level(report, part(item, "level"));
    put(item, "when", isShut(report) ? "" : say("hurt", { time: hurtAt(report) }));
    put(item, "state", state(report));
    put(item, "said", report.locked ? "" : words.get(report.id) || "");
    part(item, "ask").hidden = !needsClaim(report);
    showActs(item, report);
    /** @type {Record<string, string>} */
    const onward = { player: "#write/" + report.id, again: report.sentAs || "/field/reports" };
    for (const link of all("[data-for]", item, HTMLAnchorElement)) {
      const reason = attribute(link, "data-for");
      link.hidden = reason !== needOf(report, isSomebody) || sending.has(report.id);
      if (reason in onward) link.href = onward[reason];
    }
    for (const link of all("[data-view]", item, HTMLAnchorElement)) {
      const kind = attribute(link, "data-view");
      link.href = `#${kind}/${report.id}`;
      link.hidden = Boolean(report.locked) || !(kind === "delete" || !(report.broken || sending.has(report.id)));
    }
    for (const place of all("[data-of]", item)) place.textContent = " " + title;
    return item;
  }
  /** @param {WaitingReport} report */
  const isShut = report => Boolean(report.broken || report.locked);
  // Whether it could be sent now; and whether it is nobody's yet, so that somebody has to say that it is theirs.
  /** @param {WaitingReport} report */
  const waits = report => report.state === "waiting" && !isShut(report) && !sending.has(report.id);
  /** @param {WaitingReport} report */
  const needsClaim = report => waits(report) && !report.by;
  // Why it is not sent, where a link leads on from there.
  /** @param {WaitingReport} report @param {boolean} isSomebody */
  function needOf(report, isSomebody) {
    if (!needsClaim(report) && !report.locked) return report.why;
    return isSomebody ? "" : "signed-out";
  }
  /** @param {HTMLElement} item @param {WaitingReport} report */
  function showActs(item, report) {
    const isOurs = waits(report) && !needsClaim(report), asksFamily = waits(report) && report.why === "family";
    /** @type {Record<string, [boolean, () => Promise<void>]>} */
    const acts = {
      send: [isOurs && !["again", "family", "player"].includes(report.why), () => send(report.id)],
      claim: [needsClaim(report), () => send(report.id, { claim: true })],
      hold: [asksFamily, () => answer(report, "r-withhold", "yes")],
      family: [asksFamily, () => answer(report, "r-family", "send")],
    };
    for (const [act, [isPossible, run]] of Object.entries(acts)) {
      const button = one(`[data-do="${act}"]`, item);
      button.hidden = !isPossible || navigator.onLine === false;
      button.addEventListener("click", tried(run));
    }
  }

  // Whether it is on the phone now; where it is not, the page says so, and what was typed stays.
  /** @param {WaitingReport} report @param {Partial<Standing>} change */
  async function tryKeep(report, change) {
    try {
      await outbox.keep(report, { keptAt: report.keptAt, state: report.state, why: report.why, ...change });
    } catch (error) {
      for (const box of all("[data-slot=not-kept]", main)) box.hidden = false;
      return false;
    }
    return true;
  }
  /** @param {WaitingReport} report */
  function showForm(report) {
    view("v-write");
    const form = one("#report", main, HTMLFormElement);
    let timer = 0, before = Promise.resolve();
    // Kept while it is typed, as one that is not finished: nothing is sent before "Save".
    const keepTyped = () => {
      clearTimeout(timer);
      flush = async () => {};
      before = before.then(async () => { await tryKeep(readForm(form, report), { state: "draft" }); });
      return before;
    };
    fillForm(form, report, team);
    one("[data-view=delete]", main, HTMLAnchorElement).href = "#delete/" + report.id;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(keepTyped, 250);
      flush = keepTyped;
    });
    form.addEventListener("submit", async event => {
      event.preventDefault();
      clearTimeout(timer);
      flush = async () => {};
      const typed = readForm(form, report), lines = problems(typed);
      showProblems(lines);
      if (lines.length) return;
      await before;
      if (await tryKeep(typed, { state: "waiting", why: report.sentAs ? "again" : "" })) {
        location.hash = "";
        sendAll();
      } else {
        part(main, "not-kept").scrollIntoView();
      }
    });
    one("[data-do=show]", main).addEventListener("click", () => {
      const scroll = window.scrollY, nodes = [...main.childNodes];
      showCrew({ ...readForm(form, report), state: "draft", savedAt: Date.now() }, () => {
        main.replaceChildren(...nodes);
        document.title = attribute(templates["v-write"], "data-title");
        window.scrollTo(0, scroll);
      });
    });
  }
  // `back` where the page before is a form that is not kept yet.
  /** @param {WaitingReport} report @param {(() => void)=} back */
  function showCrew(report, back) {
    view("v-show");
    window.scrollTo(0, 0);
    put(main, "state", state(report));
    const body = part(main, "body");
    level(report, part(body, "level"));
    signs(report, part(body, "seen"));
    /** @type {Record<string, string>} */
    const rows = {
      who: name(report), age: age(report), when: hurtAt(report), ambulance: ambulance(report),
      "r-place": value(report, "r-place"), "r-sport": value(report, "r-sport"), "r-note": value(report, "r-note"),
    };
    for (const field of SEVERAL) rows[field] = several(report, field).map(text => choice(field, text)).join(", ");
    for (const row of all("[data-row]", body)) {
      const text = (rows[attribute(row, "data-row")] || "").trim();
      row.hidden = !text;
      one("dd", row).textContent = text;
    }
    for (const list of all("dl", body)) {
      list.hidden = !list.querySelector("div:not([hidden])");
      if (list.previousElementSibling instanceof HTMLElement) list.previousElementSibling.hidden = list.hidden;
    }
    put(main, "rules", report.advice ? report.advice.rules : "");
    const lines = all(".rows > div:not([hidden])", body).map(row =>
      say("line", { label: one("dt", row).textContent || "", value: one("dd", row).textContent || "" }));
    const message = (/** @type {string} */ text) => "sms:?&body=" + encodeURIComponent(text);
    const advice = report.advice ? report.advice.words : "";
    part(main, "text-all", HTMLAnchorElement).href = message([advice, ...lines].filter(Boolean).join("\n"));
    const [first] = name(report).split(/[\s,]/), [place] = value(report, "r-place").trim().split(/\r?\n/);
    part(main, "text-parent").hidden = tellOf(report).length > 0 || value(report, "r-withhold") === "yes";
    const hello = say(place ? "parent-place" : "parent", { name: first || say("nobody"), place });
    part(main, "text-parent", HTMLAnchorElement).href = message(hello);
    one("[data-do=print]", main).addEventListener("click", () => window.print());
    one("[data-do=back]", main).addEventListener("click", event => {
      if (!back) return;
      event.preventDefault();
      back();
    });
  }
  /** @param {WaitingReport} report */
  function showDelete(report) {
    view("v-delete");
    put(main, "who", name(report) || say("nobody"));
    put(main, "when", report.broken ? "" : say("hurt", { time: hurtAt(report) }));
    one("[data-do=delete]", main).addEventListener("click", tried(async () => {
      await outbox.remove(report.id);
      location.hash = "";
    }));
  }
  /** @type {Record<string, (report: WaitingReport) => void>} */
  const views = { write: showForm, show: showCrew, delete: showDelete };
  // The report on the screen; null where that is the list.
  /** @type {WaitingReport | null} */
  let current = null;
  // Who may be hurt, as far as this phone knows.
  /** @type {KeptTeam} */
  let team = { players: [], place: "" };
  async function show() {
    team = await outbox.team();
    const [kind, id] = location.hash.slice(1).split("/");
    const report = views[kind] && id ? await outbox.find(id) : null;
    if (report && !report.locked && (!report.broken || kind === "delete")) {
      views[kind](report);
      current = report;
    } else {
      await showList();
    }
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  const isList = () => !main.querySelector("form, .large, .stop-page");
  // What no longer belongs to whoever is signed in leaves the screen; what was typed is on the phone first, for its
  // author.
  async function look() {
    if (isList()) {
      await showList();
      return;
    }
    const owner = await outbox.signedIn();
    if (!current || !current.by || (owner && owner.account === current.by)) return;
    await flush();
    location.hash = "";
    await show();
  }
  // A browser that does not answer is said, and nothing that stands on the screen is taken away.
  /** @template {unknown[]} A @param {(...given: A) => Promise<void>} act @returns {(...given: A) => Promise<void>} */
  const tried = act => (...given) => act(...given).catch(() => { status.textContent = say("stuck"); });

  // --- sending -----------------------------------------------------------------------------------------------------
  /** @param {string} id @param {Sending | null} result */
  async function heard(id, result) {
    if (!result) {
      sending.add(id);
      status.textContent = say("sending");
    } else {
      sending.delete(id);
      words.set(id, result.words || "");
      status.textContent = "";
      if (result.sent && !result.again) {
        sent = { address: result.sent, at: Date.now() };
        status.textContent = say("sent", { time: clock(sent.at) });
      }
    }
    if (isList()) await showList();
  }
  // The server asked whether the family gets it: it goes again with what the coach says.
  /** @param {WaitingReport} report @param {string} field @param {string} text */
  async function answer(report, field, text) {
    const fields = report.fields.filter(([key]) => !["r-withhold", "r-family"].includes(key));
    if (await tryKeep({ ...report, fields: [...fields, [field, text]] }, { why: "" })) await send(report.id);
  }
  /** @param {string} id @param {{ claim?: boolean }=} how */
  async function send(id, how) {
    await heard(id, null);
    await heard(id, await outbox.send(id, how));
    if (isList()) main.focus({ preventScroll: true });
  }
  async function sendAll() {
    try { await outbox.sendAll(heard); } catch (error) { /* it stays where it is, and says so */ }
  }
  // With a signal the server says who is signed in before anything of theirs is shown; without one, who was last. It is
  // asked for what is locked, too: who signed in and left that page before its script came is signed in all the same.
  async function askWhoIsHere() {
    if (navigator.onLine === false) return;
    if (!await outbox.signedIn() && !(await outbox.list()).some(report => report.locked)) return;
    status.textContent = say("asking");
    try {
      await outbox.session(SESSION_MS);
      await outbox.learnTeam();
    } catch (error) { /* no answer: no signal */ }
    status.textContent = "";
  }
  async function start() {
    view("v-looking");
    try {
      await outbox.list();
      wiped = await outbox.sweep();
      await askWhoIsHere();
      await show();
    } catch (error) {
      view(error instanceof DOMException && error.name === "TimeoutError" ? "v-stuck" : "v-none");
      return;
    }
    window.addEventListener("hashchange", tried(show));
    window.addEventListener("pagehide", () => flush());
    document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
    window.addEventListener("online", tried(async () => {
      await sendAll();
      if (isList()) await showList();
    }));
    window.addEventListener("offline", tried(look));
    window.addEventListener("pageshow", event => { if (event.persisted) tried(sendAll)(); });
    document.addEventListener("account", tried(look));
    if (outbox.channel) outbox.channel.addEventListener("message", tried(look));
    await sendAll();
  }
  start();
})();
