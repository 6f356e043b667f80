// On every page, after it is there: says how many reports wait on this phone, sends those that may go, and keeps a
// report that is being written when there is no signal. Needs outbox.js. The words stand in the page.
(() => {
  "use strict";
  const PHONE = "/field/phone", NEW = "/field/report/new", SAVE = "/field/report/save", PROBE_MS = 4000;
  const OWN = ["_csrf", "draft", "came_from"];
  const main = document.getElementById("main");
  const words = element => element ? element.textContent.trim() : "";

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
  // Pages under /field are the same for everybody, and so tell nothing about who is signed in.
  async function noteAccount() {
    const named = document.querySelector("[data-account]");
    if (named) await outbox.setAccount(named.getAttribute("data-account"));
    else if (document.documentElement.getAttribute("data-kind") !== "field") await outbox.setAccount("");
  }
  let busy = false;
  async function refresh() {
    if (busy) return;
    busy = true;
    try {
      await noteAccount();
      await showCount();
      if (location.pathname !== PHONE) await outbox.sendAll(showCount);
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
      return [label, words(row.querySelector("dd")), at.get("a." + finding) || null];
    });
    const rules = words((kept || main).querySelector("[data-rules]"));
    const tell = [...(kept || main).querySelectorAll(".who-told li")].map(words);
    return { level: Number(shown.level) || 0, words: shown.words, seen, rules, tell };
  }
  function fieldsOf(form, submitter) {
    const typed = [...new FormData(form)];
    const fields = typed.filter(([name, value]) => typeof value === "string" && !OWN.includes(name));
    return submitter && submitter.name ? [...fields, [submitter.name, submitter.value]] : fields;
  }
  async function keep(form, submitter, state) {
    const fields = fieldsOf(form, submitter), named = document.querySelector("[data-who]");
    const chosen = submitter && submitter.name === "r-player" && submitter.value !== "other" ? words(submitter) : "";
    const who = chosen || (named ? named.getAttribute("data-who") : "");
    const id = await outbox.keep({ fields, advice: adviceHere(fields), who }, { state });
    location.assign(state === "draft" ? PHONE + "#write/" + id : PHONE);
  }
  async function reached() {
    if (navigator.onLine === false) return false;
    const control = new AbortController(), limit = setTimeout(() => control.abort(), PROBE_MS);
    try {
      return (await fetch("/healthz", { method: "HEAD", cache: "no-store", signal: control.signal })).status < 600;
    } catch (error) {
      return false;
    } finally {
      clearTimeout(limit);
    }
  }

  // A report goes to the server where that answers. Else it is kept here, and what was typed stays on the screen until
  // it is.
  document.addEventListener("submit", async event => {
    const form = event.target, submitter = event.submitter;
    const path = new URL(submitter && submitter.getAttribute("formaction") || form.action, location.href).pathname;
    if (event.defaultPrevented) return;
    if ((path !== NEW && path !== SAVE) || form.hasAttribute("data-to-server")) return;
    // What is for somebody's own record is written with that record at hand, on the server's pages.
    if (form.elements.namedItem("r-for")) return;
    event.preventDefault();
    if (form.hasAttribute("data-keeping")) return;
    form.setAttribute("data-keeping", "");
    try {
      if (!form.hasAttribute("data-keep") && await reached()) {
        form.removeAttribute("data-sent");
        form.setAttribute("data-to-server", "");
        form.requestSubmit(submitter || undefined);
        return;
      }
      // Changing who is hurt, and Enter in a text box, ask for the page before: it is the phone's own form here.
      await keep(form, submitter && submitter.name !== "ask" ? submitter : null, path === SAVE ? "waiting" : "draft");
    } catch (error) {
      document.getElementById("status").textContent = words(document.getElementById("not-kept"));
      window.scrollTo(0, 0);
    } finally {
      form.removeAttribute("data-keeping");
      form.removeAttribute("data-sent");
    }
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-to-server]")) form.removeAttribute("data-to-server");
    refresh();
  });
  window.addEventListener("online", refresh);
  if (outbox.channel) outbox.channel.addEventListener("message", () => showCount().catch(() => {}));
  for (const form of document.querySelectorAll("form[data-keep]")) form.hidden = !(window.indexedDB && crypto.subtle);
  refresh();
})();
