// Reports that wait on this phone. Each lies in the browser's own database, sealed under a key that no script can read
// out; only its number, its time and how its sending stands are in clear. docs/phone.md says what is kept for how long.
//
//   outbox.keep({fields, advice, who}, {state})   seal it; resolves when it is on disk
//   outbox.list()                                 all of them, opened, oldest first
//   outbox.send(id)                               to the server, once; resolves to what happened
var outbox = (() => {
  "use strict";
  const DATABASE = "blockmrs-phone", KEPT_MS = 7 * 24 * 3600 * 1000;
  const ASK_MS = 30000, SAVE_MS = 90000;
  const TOKEN_PAGE = "/field/reports", SAVE = "/field/report/save";
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(DATABASE) : null;
  const bytes = new TextEncoder(), text = new TextDecoder("utf-8", { fatal: true });

  // --- the database ------------------------------------------------------------------------------------------------
  const asked = request => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  async function open() {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys");
      request.result.createObjectStore("reports", { keyPath: "id" });
    };
    const database = await asked(request);
    database.onversionchange = () => database.close();
    return database;
  }
  // One transaction over one store; resolves when what it wrote is on disk.
  async function within(store, mode, act) {
    const database = await open();
    try {
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
      const result = await act(transaction.objectStore(store));
      await done;
      return result;
    } finally {
      database.close();
    }
  }
  // Nobody who only reads advice gets a database.
  async function exists() {
    if (!window.indexedDB || !window.crypto || !crypto.subtle) return false;
    if (!indexedDB.databases) return true;
    return (await indexedDB.databases()).some(found => found.name === DATABASE);
  }

  // --- sealing -----------------------------------------------------------------------------------------------------
  async function key() {
    const found = await within("keys", "readonly", store => asked(store.get("report")));
    if (found) return found;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    return within("keys", "readwrite", async store => {
      const first = await asked(store.get("report"));  // another tab may have been quicker: its key counts
      if (!first) await asked(store.put(made, "report"));
      return first || made;
    });
  }
  // The number is sealed in: a record that was moved to another number does not open.
  const lock = (iv, id) => ({ name: "AES-GCM", iv, additionalData: bytes.encode(id) });

  async function opened(row) {
    const { iv, sealed, ...clear } = row;
    try {
      const content = await crypto.subtle.decrypt(lock(iv, row.id), await key(), sealed);
      return { ...clear, ...JSON.parse(text.decode(content)) };
    } catch (error) {
      return { ...clear, broken: true, fields: [], advice: null, who: "" };
    }
  }

  const rows = () => within("reports", "readonly", store => asked(store.getAll()));
  const told = () => { if (channel) channel.postMessage(""); };

  function newId() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("");
  }

  // `state` is "draft" (still being written) or "waiting". The record's number is the form's own: twice is once.
  // Seven days count from `keptAt`; `savedAt` is when the coach was told that it is saved.
  async function keep(content, { state = "waiting", why = "", keptAt = Date.now(), savedAt = Date.now(), by } = {}) {
    const named = content.fields.find(([name]) => name === "r-draft");
    const id = named && /^[0-9a-f]{32}$/.test(named[1]) ? named[1] : newId();
    const fields = [...content.fields.filter(([name]) => name !== "r-draft"), ["r-draft", id]];
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const { advice = null, who = "", sentAs = "" } = content;
    const plain = bytes.encode(JSON.stringify({ fields, advice, who, sentAs }));
    const sealed = await crypto.subtle.encrypt(lock(iv, id), await key(), plain);
    const owner = by === undefined ? await account() : by;
    const row = { id, keptAt, savedAt, state, why, by: owner, iv, sealed };
    await within("reports", "readwrite", store => asked(store.put(row)));
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    told();
    return id;
  }
  async function find(id) {
    const row = await within("reports", "readonly", store => asked(store.get(id)));
    return row ? opened(row) : null;
  }
  async function list() {
    const found = await Promise.all((await rows()).map(opened));
    return found.sort((one, other) => one.keptAt - other.keptAt);
  }
  async function remove(id) {
    await within("reports", "readwrite", store => asked(store.delete(id)));
    told();
  }
  // Changes what stands in clear; nothing where the report is gone.
  async function mark(id, change) {
    await within("reports", "readwrite", async store => {
      const row = await asked(store.get(id));
      if (row) await asked(store.put({ ...row, ...change }));
    });
    told();
  }
  // Wipes what is older than 7 days; resolves to how many that were.
  async function sweep() {
    const old = (await rows()).filter(row => Date.now() - row.keptAt >= KEPT_MS);
    for (const row of old) await remove(row.id);
    return old.length;
  }
  async function count() {
    if (!await exists()) return 0;
    await sweep();
    return (await rows()).length;
  }

  // --- whose phone -------------------------------------------------------------------------------------------------
  // The last account that was signed in here, as a mark that means something to that account alone. A report that was
  // written while it was is sent for it without asking; all others ask first.
  async function account() {
    return await within("keys", "readonly", store => asked(store.get("account"))) || "";
  }
  async function setAccount(name) {
    if (!name && !await exists()) return;
    if (await account() !== name) await within("keys", "readwrite", store => asked(store.put(name, "account")));
  }

  // --- sending -----------------------------------------------------------------------------------------------------
  function timeLimit(ms) {
    const control = new AbortController();
    setTimeout(() => control.abort(), ms);
    return control.signal;
  }
  // Who is signed in, and a form token of theirs, from a page of theirs: {why} where that cannot be.
  async function session() {
    const answer = await fetch(TOKEN_PAGE, { cache: "no-store", signal: timeLimit(ASK_MS) });
    if (answer.status === 401) return { why: "signed-out" };
    if (!answer.ok) return { why: "busy" };
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("input[name=_csrf]"), mine = page.querySelector("[data-account]");
    if (!token || !mine) return { why: "signed-out" };
    return { token: token.value, account: mine.getAttribute("data-account") };
  }
  async function post(report, token) {
    const form = new URLSearchParams([...report.fields, ["_csrf", token]]);
    const answer = await fetch(SAVE, { method: "POST", body: form, signal: timeLimit(SAVE_MS) });
    const address = new URL(answer.url);
    if (answer.redirected && /^\/field\/report\/[^/]+$/.test(address.pathname)) {
      return { sent: address.pathname, again: address.searchParams.has("again") };
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const words = [...page.querySelectorAll("#errors li")].map(line => line.textContent.trim()).join(" ");
    if (answer.status === 401) return { why: "signed-out" };
    if (page.querySelector("[name=r-family]")) return { why: "family" };
    if (page.querySelector("form[action^='/settings/recovery']")) return { why: "code" };
    if ([400, 413, 422].includes(answer.status)) return { why: "invalid", words };
    return { why: "busy" };
  }
  async function sendNow(id, claim) {
    const report = await find(id);
    if (!report) return { gone: true };
    if (report.broken || report.state !== "waiting" || report.sentAs) return { why: report.why };
    try {
      const who = await session();
      let result = who;
      if (!who.why && report.by !== who.account) result = claim ? who : { why: report.by ? "other" : "claim" };
      if (!result.why) {
        if (claim) await mark(id, { by: who.account });
        result = await post(report, who.token);
      }
      if (result.sent && result.again) {
        // An earlier sending of it was saved, and what was changed since is not in that one: it must not be lost here.
        await keep({ ...report, sentAs: result.sent }, { ...report, why: "again" });
      } else if (result.sent) {
        await remove(id);
      } else {
        await mark(id, { why: result.why });
      }
      return result;
    } catch (error) {
      // No answer is no answer: the server may have it or not. Its number makes the next try the same report.
      await mark(id, { why: "signal" });
      return { why: "signal" };
    }
  }
  // One at a time, over all tabs of this browser where it can.
  let last = Promise.resolve();
  function alone(act) {
    if (navigator.locks) return navigator.locks.request(DATABASE + "-send", act);
    last = last.then(act, act);
    return last;
  }
  const send = (id, { claim = false } = {}) => alone(() => sendNow(id, claim));

  // Everything that may go without asking. `each(id, result)` hears of every one; result null: it begins.
  async function sendAll(each = () => {}) {
    if (navigator.onLine === false || !await exists()) return;
    const mine = (await rows()).filter(row => row.state === "waiting" && row.by && row.why !== "again");
    for (const { id } of mine) {
      each(id, null);
      const result = await send(id);
      each(id, result);
      if (["signal", "signed-out", "busy"].includes(result.why)) break;
    }
  }

  return { keep, find, list, remove, mark, sweep, count, account, setAccount, session, send, sendAll, newId, channel };
})();
