// The page of the reports that wait on this phone: lists them, writes, shows, sends and deletes them, with or without a
// signal. Needs base.js and outbox.js. Every word and every field stands in the page's templates; this fills them in. What a view
// shows is named behind the "#" of the address by the report's number, which says nothing.
(() => {
  "use strict";
  document.documentElement.removeAttribute("data-later");
  const main = document.getElementById("main"), status = document.getElementById("status");
  const lang = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const zone = knownZone(main.getAttribute("data-zone"));
  const { DAYS_BACK, MINUTES, OTHER, SEVERAL } = shared.phone, DAY_MS = 24 * 3600 * 1000, SESSION_MS = 4000;
  const templates = {};
  for (const template of main.querySelectorAll("template")) templates[template.id] = template;
  const catalogue = {};
  for (const line of main.querySelectorAll("[data-word]")) catalogue[line.getAttribute("data-word")] = line.textContent;
  const say = (name, values = {}) => catalogue[name].replace(/%\((\w+)\)s/g, (_, key) => values[key]);

  const part = (root, name) => root.querySelector(`[data-slot="${name}"]`);
  const put = (root, name, text) => { part(root, name).textContent = text; };
  const make = (name, text, label) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (label) element.className = label;
    return element;
  };

  // --- times, in the zone of the site ------------------------------------------------------------------------------
  // A zone may be younger than the browser: then the phone's own has to do, and the page says so.
  function knownZone(name) {
    try {
      return name ? new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone && name : undefined;
    } catch (error) {
      return undefined;
    }
  }
  const format = options => {
    const formatter = new Intl.DateTimeFormat(lang, { timeZone: zone, ...options });
    return ms => formatter.format(new Date(ms));
  };
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = format({ day: "numeric", month: "long" });
  const near = ms => day(ms) === day(Date.now()) ? clock(ms) : `${day(ms)}, ${clock(ms)}`;
  const isoDay = ms => {
    const parts = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" })
      .formatToParts(new Date(ms));
    return ["year", "month", "day"].map(type => parts.find(found => found.type === type).value).join("-");
  };
  // A day of the calendar, as noon of it in UTC: days are counted there, for one may have 23 hours in the zone, or 25.
  const noon = iso => new Date(iso + "T12:00:00Z").getTime();
  const calendar = new Intl.DateTimeFormat(lang, { timeZone: "UTC", day: "numeric", month: "long" });
  const dayWords = iso => calendar.format(new Date(noon(iso)));

  // --- a report, read ----------------------------------------------------------------------------------------------
  const value = (report, name, otherwise = "") => (report.fields.find(([key]) => key === name) || [0, otherwise])[1];
  const several = (report, name) => report.fields.filter(([key]) => key === name).map(([, one]) => one);
  const shownAt = report => 1000 * Number(value(report, "r-shown")) || report.keptAt;
  const startedAt = report => 1000 * Number(value(report, "hurt") || value(report, "started")) || report.keptAt;
  const isListed = report => value(report, "r-player", OTHER) !== OTHER;
  const name = report => (isListed(report) ? "" : value(report, "r-name").trim()) || report.who;

  // The words of a choice are those of the form's own label.
  const blank = templates["v-write"].content;
  function choice(field, chosen) {
    const option = [...blank.querySelectorAll(`[name="${field}"], [name="${field}"] option`)]
      .find(found => found.value === chosen && found.matches("input, option"));
    return option ? (option.closest("label") || option).textContent.trim() : chosen;
  }
  function hurtAt(report) {
    const when = value(report, "r-when", "start");
    if (MINUTES.includes(when)) return near(shownAt(report) - 60000 * Number(when));
    if (when === "start") return near(startedAt(report));
    const named = value(report, "r-day");
    return [named ? dayWords(named) : "", value(report, "r-time")].filter(Boolean).join(", ");
  }
  function ambulance(report) {
    const when = value(report, "r-ambulance", "no");
    if (when === "no") return say("not-called");
    return MINUTES.includes(when) ? near(shownAt(report) - 60000 * Number(when)) : value(report, "r-ambulance-time");
  }
  function age(report) {
    const band = value(report, "age") || value(report, "r-age");
    return band ? choice("r-age", band) : say("unknown");
  }
  function level(report, place) {
    const { advice } = report;
    if (!advice || !advice.level) return;
    place.className = "lv l" + advice.level;
    place.textContent = advice.words;
    place.append(make("span", " " + say("level", { number: advice.level }), "vh"));
  }
  const tellOf = report => report.advice && report.advice.tell || [];
  function signs(report, list) {
    for (const [label, answer, seconds] of report.advice ? report.advice.seen : []) {
      const row = document.createElement("div"), said = seconds ? clock(1000 * seconds) + " " : "";
      row.append(make("dt", said + label), make("dd", answer));
      list.append(row);
    }
    list.hidden = !list.children.length;
  }
  const sending = new Map();
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
  let sent = null, wiped = 0, flush = () => {};
  const words = new Map();
  function view(id, title) {
    const copy = document.importNode(templates[id].content, true);
    main.replaceChildren(copy);
    document.title = title || templates[id].getAttribute("data-title");
  }
  async function showList() {
    const reports = await outbox.list(), online = navigator.onLine !== false, isSomebody = Boolean(await outbox.signedIn());
    view("v-list");
    current = null;
    part(main, "zone").hidden = Boolean(zone) || !main.getAttribute("data-zone");
    part(main, "none").hidden = reports.length > 0 || Boolean(sent);
    part(main, "wiped").hidden = !wiped;
    put(main, "wiped", say("wiped", { number: wiped }));
    if (sent) {
      part(main, "sent").hidden = false;
      put(main, "sent-words", say("sent", { time: clock(sent.at) }));
      part(main, "sent-link").href = sent.address;
    }
    for (const report of reports) {
      const item = document.importNode(templates["v-item"].content, true).firstElementChild;
      const isShut = report.broken || report.locked, { why } = report;
      const waits = report.state === "waiting" && !isShut && !sending.has(report.id), asks = waits && !report.by;
      const title = name(report) || say(report.locked ? "somebody" : "nobody");
      put(item, "who", title);
      level(report, part(item, "level"));
      put(item, "when", isShut ? "" : say("hurt", { time: hurtAt(report) }));
      put(item, "state", state(report));
      put(item, "said", report.locked ? "" : words.get(report.id) || "");
      part(item, "ask").hidden = !asks;
      const acts = {
        send: [waits && !asks && !["again", "family"].includes(why), () => send(report.id)],
        claim: [asks, () => send(report.id, { claim: true })],
        hold: [waits && why === "family", () => answer(report, "r-withhold", "yes")],
        family: [waits && why === "family", () => answer(report, "r-family", "send")],
      };
      for (const [act, [shown, run]] of Object.entries(acts)) {
        const button = item.querySelector(`[data-do="${act}"]`);
        button.hidden = !shown || !online;
        button.addEventListener("click", tried(run));
      }
      for (const link of item.querySelectorAll("[data-for]")) {
        const wanted = link.getAttribute("data-for");
        const asked = asks || report.locked ? (isSomebody ? "" : "signed-out") : why;
        link.hidden = wanted !== asked || sending.has(report.id);
        if (wanted === "again") link.href = report.sentAs || "/field/reports";
      }
      for (const link of item.querySelectorAll("[data-view]")) {
        link.href = `#${link.getAttribute("data-view")}/${report.id}`;
        const isOpen = link.getAttribute("data-view") === "delete" || !(report.broken || sending.has(report.id));
        link.hidden = report.locked || !isOpen;
      }
      for (const place of item.querySelectorAll("[data-of]")) place.textContent = " " + title;
      part(main, "items").append(item);
    }
  }

  function fillForm(form, report) {
    const shown = shownAt(report);
    form.elements.namedItem("r-name").value = name(report);
    signs(report, part(form, "seen"));
    form.querySelector("#f-r-age").closest(".field").hidden = Boolean(value(report, "age"));
    const start = form.querySelector("[name=r-when][value=start] + span");
    if (value(report, "hurt")) start.textContent = say("said");
    start.textContent = say("choice", { choice: start.textContent, time: near(startedAt(report)) });
    for (const field of ["r-when", "r-ambulance"]) {
      for (const minutes of MINUTES) {
        const label = form.querySelector(`[name="${field}"][value="${minutes}"] + span`);
        const time = clock(shown - 60000 * Number(minutes));
        label.textContent = say("choice", { choice: label.textContent, time });
      }
    }
    const today = noon(isoDay(Date.now()));
    for (let number = 0; number < DAYS_BACK; number++) {
      const iso = new Date(today - number * DAY_MS).toISOString().slice(0, 10), words = ["today", "yesterday"][number];
      const option = make("option", words ? say(words, { day: dayWords(iso) }) : dayWords(iso));
      option.value = iso;
      form.querySelector("#f-r-day").append(option);
    }
    const begun = shown - startedAt(report) >= 60000 ? "start" : "0";
    const first = [["r-when", begun], ["r-ambulance", "no"], ["r-age", ""], ["r-day", isoDay(Date.now())]];
    const typed = new Map([...first, ...report.fields]), tell = tellOf(report);
    part(main, "open").hidden = Boolean(report.owner);
    part(form, "told").hidden = !tell.length;
    part(form, "told").querySelector("ul").append(...tell.map(line => make("li", line)));
    for (const element of form.elements) {
      if (element.type === "checkbox") element.checked = several(report, element.name).includes(element.value);
      else if (element.type === "radio") element.checked = typed.get(element.name) === element.value;
      else if (element.name !== "r-name" && typed.has(element.name)) element.value = typed.get(element.name);
    }
    // Before the coach has said anything: what is not for every eye in the family is kept from it.
    if (tell.length && !typed.has("r-name")) form.querySelector("[name=r-withhold]").checked = true;
  }
  // The report as the form says it now: everything that the form does not ask stays as it was.
  function readForm(form, report) {
    const asked = new Set([...form.elements].map(element => element.name).filter(Boolean));
    const typed = [...new FormData(form)].filter(([, text]) => typeof text === "string");
    const onList = isListed(report) && form.elements.namedItem("r-name").value === name(report);
    const left = ["r-shown", ...(onList ? [] : ["r-player"])];
    const kept = report.fields.filter(([key]) => !asked.has(key) && !left.includes(key));
    const fields = [...kept, ...typed, ["r-shown", String(Math.floor(shownAt(report) / 1000))]];
    if (!onList) fields.push(["r-player", OTHER]);
    return { ...report, fields };
  }
  function problems(report) {
    const found = [];
    if (!name(report)) found.push(["r-name", say("no-name")]);
    for (const field of ["r-time", "r-ambulance-time"]) {
      const by = field === "r-time" ? "r-when" : "r-ambulance";
      if (value(report, by) === OTHER && !value(report, field)) found.push([field, say("no-time")]);
    }
    return found;
  }
  function showProblems(found) {
    const box = document.getElementById("errors");
    box.hidden = !found.length;
    box.querySelector("ul").replaceChildren(...found.map(([field, text]) => {
      const line = document.createElement("li"), link = make("a", text);
      link.href = "#f-" + field;
      link.addEventListener("click", event => {
        event.preventDefault();
        document.getElementById("f-" + field).focus();
      });
      line.append(link);
      return line;
    }));
    if (found.length) box.focus();
  }
  // Whether it is on the phone now; where it is not, the page says so, and what was typed stays.
  async function tryKeep(report, change) {
    const { keptAt, state, why } = report;
    try {
      await outbox.keep(report, { keptAt, state, why, ...change });
    } catch (error) {
      const box = part(main, "not-kept");
      if (box) box.hidden = false;
      return false;
    }
    return true;
  }
  function showForm(report) {
    view("v-write");
    const form = document.getElementById("report");
    let timer = 0, before = Promise.resolve();
    // Kept while it is typed, as one that is not finished: nothing is sent before "Save".
    const keepTyped = () => {
      clearTimeout(timer);
      flush = () => {};
      before = before.then(() => tryKeep(readForm(form, report), { state: "draft" }));
      return before;
    };
    fillForm(form, report);
    main.querySelector("[data-view=delete]").href = "#delete/" + report.id;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(keepTyped, 250);
      flush = keepTyped;
    });
    form.addEventListener("submit", async event => {
      event.preventDefault();
      clearTimeout(timer);
      flush = () => {};
      const typed = readForm(form, report), found = problems(typed);
      showProblems(found);
      if (found.length) return;
      await before;
      if (await tryKeep(typed, { state: "waiting", why: report.sentAs ? "again" : "" })) {
        location.hash = "";
        sendAll();
      } else {
        part(main, "not-kept").scrollIntoView();
      }
    });
    main.querySelector("[data-do=show]").addEventListener("click", () => {
      const scroll = window.scrollY, nodes = [...main.childNodes];
      showCrew({ ...readForm(form, report), state: "draft", savedAt: Date.now() }, () => {
        main.replaceChildren(...nodes);
        document.title = templates["v-write"].getAttribute("data-title");
        window.scrollTo(0, scroll);
      });
    });
  }
  // `back` where the page before is a form that is not kept yet.
  function showCrew(report, back) {
    view("v-show");
    window.scrollTo(0, 0);
    put(main, "state", state(report));
    const body = part(main, "body");
    level(report, part(body, "level"));
    signs(report, part(body, "seen"));
    const rows = {
      who: name(report), age: age(report), when: hurtAt(report), ambulance: ambulance(report),
      "r-place": value(report, "r-place"), "r-sport": value(report, "r-sport"), "r-note": value(report, "r-note"),
    };
    for (const field of SEVERAL) rows[field] = several(report, field).map(one => choice(field, one)).join(", ");
    for (const row of body.querySelectorAll("[data-row]")) {
      const text = (rows[row.getAttribute("data-row")] || "").trim();
      row.hidden = !text;
      row.lastElementChild.textContent = text;
    }
    for (const list of body.querySelectorAll("dl")) {
      list.hidden = !list.querySelector("div:not([hidden])");
      list.previousElementSibling.hidden = list.hidden;
    }
    put(main, "rules", report.advice ? report.advice.rules : "");
    const lines = [...body.querySelectorAll(".rows > div:not([hidden])")].map(row =>
      say("line", { label: row.firstElementChild.textContent, value: row.lastElementChild.textContent }));
    const message = text => "sms:?&body=" + encodeURIComponent(text);
    const advice = report.advice ? report.advice.words : "";
    part(main, "text-all").href = message([advice, ...lines].filter(Boolean).join("\n"));
    const [first] = name(report).split(/[\s,]/), [place] = value(report, "r-place").trim().split(/\r?\n/);
    part(main, "text-parent").hidden = tellOf(report).length > 0 || value(report, "r-withhold") === "yes";
    part(main, "text-parent").href = message(say(place ? "parent-place" : "parent", { name: first || say("nobody"), place }));
    main.querySelector("[data-do=print]").addEventListener("click", () => window.print());
    main.querySelector("[data-do=back]").addEventListener("click", event => {
      if (!back) return;
      event.preventDefault();
      back();
    });
  }
  function showDelete(report) {
    view("v-delete");
    put(main, "who", name(report) || say("nobody"));
    put(main, "when", report.broken ? "" : say("hurt", { time: hurtAt(report) }));
    main.querySelector("[data-do=delete]").addEventListener("click", tried(async () => {
      await outbox.remove(report.id);
      location.hash = "";
    }));
  }
  const views = { write: showForm, show: showCrew, delete: showDelete };
  let current = null;
  async function show() {
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
  const listed = () => !main.querySelector("form, .large, .stop-page");
  // What no longer belongs to whoever is signed in leaves the screen; what was typed is on the phone first, for its author.
  async function look() {
    if (listed()) {
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
  const tried = act => (...given) => act(...given).catch(() => { status.textContent = say("stuck"); });

  // --- sending -----------------------------------------------------------------------------------------------------
  async function heard(id, result) {
    if (!result) sending.set(id, true); else sending.delete(id);
    if (result && result.sent && !result.again) sent = { address: result.sent, at: Date.now() };
    if (result) words.set(id, result.words || "");
    status.textContent = result ? "" : say("sending");
    if (result && result.sent && !result.again) status.textContent = say("sent", { time: clock(sent.at) });
    if (listed()) await showList();
  }
  // The server asked whether the family gets it: it goes again with what the coach says.
  async function answer(report, field, text) {
    const fields = report.fields.filter(([key]) => !["r-withhold", "r-family"].includes(key));
    if (await tryKeep({ ...report, fields: [...fields, [field, text]] }, { why: "" })) await send(report.id);
  }
  async function send(id, how) {
    await heard(id, null);
    await heard(id, await outbox.send(id, how));
    if (listed()) main.focus({ preventScroll: true });
  }
  async function sendAll() {
    try { await outbox.sendAll(heard); } catch (error) { /* it stays where it is, and says so */ }
  }
  // With a signal the server says who is signed in before anything of theirs is shown; without one, who was last.
  async function askWhoIsHere() {
    if (navigator.onLine === false || !await outbox.signedIn()) return;
    status.textContent = say("asking");
    try { await outbox.session(SESSION_MS); } catch (error) { /* no answer: no signal */ }
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
      view(error.name === "TimeoutError" ? "v-stuck" : "v-none");
      return;
    }
    window.addEventListener("hashchange", tried(show));
    window.addEventListener("pagehide", () => flush());
    document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
    window.addEventListener("online", tried(async () => {
      await sendAll();
      if (listed()) await showList();
    }));
    window.addEventListener("offline", tried(look));
    window.addEventListener("pageshow", tried(async event => { if (event.persisted) await sendAll(); }));
    document.addEventListener("account", tried(look));
    if (outbox.channel) outbox.channel.addEventListener("message", tried(look));
    await sendAll();
  }
  start();
})();
