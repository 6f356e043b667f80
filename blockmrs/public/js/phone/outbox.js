// Reports that wait on this phone. Each lies in the browser's own database, sealed: what somebody wrote while signed in
// under a key that only a session of theirs gives, anything else under the phone's own key. No script can read a key
// out; only a report's number, its times and how its sending stands are in clear. docs/phone.md says what lies here for
// how long. Needs base.js.
//
//   outbox.keep({fields, advice, who}, {state})   seal it; resolves when it is on disk
//   outbox.list()                                 all of them, opened as far as who is signed in may, oldest first
//   outbox.send(id)                               to the server, once; resolves to what happened
//   outbox.team()                                 the players of who is signed in, and where they are today
//
// Each step has a time limit: a database that never answers is an error like any other.
var outbox = (() => {
  "use strict";
  const DATABASE = "blockmrs-phone", WAITS_MS = 1000 * shared.phone.WAITS_S;
  const { SAVE, TOKEN_FIELD, DRAFT_BYTES, UNLISTED } = shared.phone;
  const STEP_MS = 3000, ASK_MS = 30000, SAVE_MS = 90000, TURN_MS = 150000, CLOCKS_DIFFER_MS = 60000;
  const TOKEN_PAGE = "/field/reports", ROSTER = "/field/reports/roster", TEAM = "team", TEAM_FRESH_MS = 300000;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(DATABASE) : null;
  const bytes = new TextEncoder(), text = new TextDecoder("utf-8", { fatal: true });

  /** @template T @param {Promise<T>} step @returns {Promise<T>} */
  function limited(step) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new DOMException("the browser did not answer", "TimeoutError")), STEP_MS);
      step.then(resolve, reject).then(() => clearTimeout(timer));
    });
  }

  // --- the database ------------------------------------------------------------------------------------------------
  /** @type {<T>(request: IDBRequest<T>) => Promise<T>} */
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
    try {
      const database = await limited(asked(request));
      database.onversionchange = () => database.close();
      return database;
    } catch (error) {
      request.onsuccess = () => request.result.close();
      throw error;
    }
  }
  // One transaction over one store; resolves when what it wrote is on disk.
  /** @template T @param {string} store @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => Promise<T>} act @returns {Promise<T>} */
  async function within(store, mode, act) {
    const database = await open();
    try {
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
      done.catch(() => {});
      const result = await limited(act(transaction.objectStore(store)));
      await limited(done);
      return result;
    } finally {
      database.close();
    }
  }
  /** @param {string} store @param {string} key */
  const read = (store, key) => within(store, "readonly", reports => asked(reports.get(key)));
  // Nobody who only reads advice gets a database.
  async function exists() {
    if (!window.indexedDB || !window.crypto || !crypto.subtle) return false;
    if (!indexedDB.databases) return true;
    return (await limited(indexedDB.databases())).some(({ name }) => name === DATABASE);
  }

  // --- who is signed in --------------------------------------------------------------------------------------------
  // {account, key}: the account's mark and its key. The words are those of a page of theirs
  // (controllers/web/context.py).
  /** @param {string} words @returns {Promise<Owner>} */
  async function ownerOf(words) {
    const [account, masked, seconds] = words.split(" ");
    const both = Uint8Array.from(atob(masked.replace(/-/g, "+").replace(/_/g, "/")), letter => letter.charCodeAt(0));
    const half = both.length / 2, raw = both.slice(0, half).map((byte, place) => byte ^ both[half + place]);
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    return { account, key, since: Date.now(), until: Date.now() + 1000 * Number(seconds) };
  }
  const tellTabs = () => { if (channel) channel.postMessage(""); };
  function changed() {
    document.dispatchEvent(new Event("account"));
    tellTabs();
  }
  // Their key stays for as long as a session can last, so that they read and write without a signal; not a moment
  // longer. `askedAt` is when the page that says so was asked for: what was on its way while they signed out comes too
  // late.
  /** @param {Owner} owner @param {number} askedAt */
  async function signIn(owner, askedAt) {
    const before = await signedIn(), left = await read("keys", "signed-out") || 0;
    if (askedAt < left && left <= Date.now()) return;
    await within("keys", "readwrite", async store => {
      await asked(store.delete("account"));  // what an earlier version kept
      await asked(store.put(owner, "signed-in"));
    });
    if (!before || before.account !== owner.account) changed();
  }
  async function signOut() {
    if (!await exists() || !await read("keys", "signed-in")) return;
    await within("keys", "readwrite", async store => {
      await asked(store.delete("signed-in"));
      await asked(store.delete(TEAM));
      await asked(store.put(Date.now(), "signed-out"));
    });
    changed();
  }
  /** @returns {Promise<Owner | null>} */
  async function signedIn() {
    /** @type {Owner | undefined} */
    const owner = await read("keys", "signed-in");
    if (!owner) return null;
    if (owner.since - CLOCKS_DIFFER_MS <= Date.now() && Date.now() < owner.until) return owner;
    await within("keys", "readwrite", store => asked(store.delete("signed-in")));
    return null;
  }

  // --- sealing -----------------------------------------------------------------------------------------------------
  /** @returns {Promise<CryptoKey>} */
  async function phoneKey() {
    /** @type {CryptoKey | undefined} */
    const own = await read("keys", "report");
    if (own) return own;
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    return within("keys", "readwrite", async store => {
      const first = await asked(store.get("report"));  // another tab may have been quicker: its key counts
      if (!first) await asked(store.put(fresh, "report"));
      return first || fresh;
    });
  }
  // The number is sealed in: a record that was moved to another number does not open.
  /** @param {Uint8Array<ArrayBuffer>} iv @param {string} id */
  const lock = (iv, id) => ({ name: "AES-GCM", iv, additionalData: bytes.encode(id) });

  /** @param {SealedReport} row @param {Owner | null} owner @returns {Promise<WaitingReport>} */
  async function opened(row, owner) {
    const { iv, sealed, ...clear } = row, nothing = { ...clear, fields: [], advice: null, who: "" };
    if (row.by && (!owner || owner.account !== row.by)) return { ...nothing, locked: true };
    // An earlier version sealed everything under the phone's own key.
    for (const key of row.by && owner ? [owner.key, null] : [null]) {
      try {
        const content = await crypto.subtle.decrypt(lock(iv, row.id), key || await phoneKey(), sealed);
        return { ...clear, ...JSON.parse(text.decode(content)), owner: row.by ? owner : null };
      } catch (error) {
        if (error instanceof DOMException && error.name === "TimeoutError") throw error;
      }
    }
    return { ...nothing, broken: true };
  }
  // --- the team ----------------------------------------------------------------------------------------------------
  // Who may be hurt, and where: sealed for who is signed in, so that a report without a signal is about a player of
  // theirs, and reaches that player's family.
  /** @returns {Promise<KeptTeam>} */
  async function team() {
    const owner = await signedIn(), row = owner && await read("keys", TEAM);
    if (!owner || !row || row.by !== owner.account) return { players: [], place: "" };
    try {
      return JSON.parse(text.decode(await crypto.subtle.decrypt(lock(row.iv, TEAM), owner.key, row.sealed)));
    } catch (error) {
      return { players: [], place: "" };
    }
  }
  // The list is being changed: what is here, or was asked for before now, is not fresh. It is noted before the page
  // goes, which waits for no database.
  const changesTeam = () => base.store(TEAM, newId());
  // Asks the server for it where what is here is not fresh.
  async function learnTeam() {
    const owner = await signedIn();
    if (!owner) return;
    const change = base.stored(TEAM), row = await read("keys", TEAM) || {}, at = Date.now(), age = at - row.at;
    const by = owner.account;
    if (row.by === by && row.change === change && age >= 0 && age < TEAM_FRESH_MS) return;
    const answer = await fetch(ROSTER, { cache: "no-store", signal: base.timeLimit(ASK_MS) });
    if (!answer.ok) return;
    const iv = crypto.getRandomValues(new Uint8Array(12)), plain = bytes.encode(await answer.text());
    const sealed = await crypto.subtle.encrypt(lock(iv, TEAM), owner.key, plain);
    await within("keys", "readwrite", async store => {
      // They may have signed out while it was on its way.
      const now = await asked(store.get("signed-in"));
      if (now && now.account === by) await asked(store.put({ by, at, change, iv, sealed }, TEAM));
    });
    // Changed while it was on its way: it is asked for once more.
    if (base.stored(TEAM) !== change) await learnTeam();
  }

  /** @returns {Promise<SealedReport[]>} */
  const rows = () => within("reports", "readonly", store => asked(store.getAll()));

  function newId() {
    const fresh = crypto.getRandomValues(new Uint8Array(DRAFT_BYTES));
    return [...fresh].map(byte => byte.toString(16).padStart(2, "0")).join("");
  }

  /** @param {Pair[]} fields */
  function numberOf(fields) {
    const [, number] = fields.find(([name]) => name === "r-draft") || ["", ""];
    return number.length === 2 * DRAFT_BYTES && /^[0-9a-f]+$/.test(number) ? number : newId();
  }

  // `state` is "draft" (still being written) or "waiting". The record's number is the form's own: twice is once. Seven
  // days count from `keptAt`; `savedAt` is when the coach was told that it is saved. `going`: a page of the server is
  // about to take it over. `owner` is who wrote it, null for nobody signed in, and where it is left out who is now.
  /** @param {Content} content @param {Partial<Standing>} standing */
  async function keep(content, standing = {}) {
    const id = numberOf(content.fields), owner = content.owner === undefined ? await signedIn() : content.owner;
    /** @type {Pair[]} */
    const fields = [...content.fields.filter(([name]) => name !== "r-draft"), ["r-draft", id]];
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const { advice = null, who = "", sentAs = "" } = content;
    const plain = bytes.encode(JSON.stringify({ fields, advice, who, sentAs }));
    const sealed = await crypto.subtle.encrypt(lock(iv, id), owner ? owner.key : await phoneKey(), plain);
    const { keptAt = Date.now(), savedAt = Date.now() } = standing;
    const { state = "waiting", why = "", going = false } = standing;
    const row = { id, keptAt, savedAt, state, why, going, by: owner ? owner.account : "", iv, sealed };
    await within("reports", "readwrite", store => asked(store.put(row)));
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    tellTabs();
    return id;
  }
  /** @param {string} id */
  async function find(id) {
    const row = await read("reports", id);
    return row ? opened(row, await signedIn()) : null;
  }
  async function list() {
    const owner = await signedIn();
    const reports = await Promise.all((await rows()).map(row => opened(row, owner)));
    return reports.sort((one, other) => one.keptAt - other.keptAt);
  }
  /** @param {string} id */
  async function remove(id) {
    await within("reports", "readwrite", store => asked(store.delete(id)));
    tellTabs();
  }
  // Changes what stands in clear; nothing where the report is gone.
  /** @param {string} id @param {Partial<Standing>} change */
  async function mark(id, change) {
    await within("reports", "readwrite", async store => {
      const row = await asked(store.get(id));
      if (row) await asked(store.put({ ...row, ...change }));
    });
    tellTabs();
  }
  // Wipes what is older than 7 days; resolves to how many that were.
  async function sweep() {
    const old = (await rows()).filter(row => Date.now() - row.keptAt >= WAITS_MS);
    for (const row of old) await remove(row.id);
    return old.length;
  }
  // How many wait for whoever looks: what somebody else wrote is none of theirs.
  async function count() {
    if (!await exists()) return 0;
    await sweep();
    const owner = await signedIn();
    return (await rows()).filter(row => !row.by || !owner || row.by === owner.account).length;
  }
  // The page that came from the server has what was on its way there.
  /** @param {string} id */
  async function arrived(id) {
    if (!await exists()) return;
    const row = await read("reports", id);
    if (row && row.going) await remove(id);
  }

  // --- sending -----------------------------------------------------------------------------------------------------
  // Who is signed in, and a form token of theirs, from a page of theirs: {why} where that cannot be. What it says of
  // who is signed in holds from here on.
  /** @param {number} limit_ms @returns {Promise<Session | { why: string }>} */
  async function session(limit_ms = ASK_MS) {
    const begun = Date.now(), answer = await fetch(TOKEN_PAGE, { cache: "no-store", signal: base.timeLimit(limit_ms) });
    if (answer.status === 401) {
      await signOut();
      return { why: "signed-out" };
    }
    if (!answer.ok) return { why: "busy" };
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [token] = base.all(`input[name="${TOKEN_FIELD}"]`, page, HTMLInputElement);
    const [mine] = base.all("[data-account]", page);
    const words = mine ? base.attribute(mine, "data-account") : "";
    if (!token || !words) return { why: "signed-out" };
    const owner = await ownerOf(words);
    await signIn(owner, begun);
    return { token: token.value, account: owner.account, owner };
  }
  /** @param {WaitingReport} report @param {string} token @returns {Promise<Sending>} */
  async function post(report, token) {
    const form = new URLSearchParams([...report.fields, [TOKEN_FIELD, token]]);
    const answer = await fetch(SAVE, { method: "POST", body: form, signal: base.timeLimit(SAVE_MS) });
    const address = new URL(answer.url);
    if (answer.redirected && /^\/field\/report\/[^/]+$/.test(address.pathname)) {
      return { sent: address.pathname, again: address.searchParams.has("again") };
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const words = [...page.querySelectorAll("#errors li")].map(line => (line.textContent || "").trim()).join(" ");
    if (answer.status === 401) return { why: "signed-out" };
    if (page.querySelector("[name=r-family]")) return { why: "family" };
    if (answer.status === 409 && page.querySelector(`[name=${UNLISTED}]`)) return { why: "player" };
    if (page.querySelector("form[action^='/settings/recovery']")) return { why: "code" };
    if ([400, 413, 422].includes(answer.status)) return { why: "invalid", words };
    return { why: "busy" };
  }
  // Who wrote it while signed in sends it, and nobody else; what was written signed out, whoever claims it.
  /** @param {string} id @param {Session} who @param {boolean} claim @returns {Promise<Sending>} */
  async function postAs(id, who, claim) {
    const report = await find(id);
    if (!report) return { gone: true };
    if (report.locked) return { why: "other" };
    if (report.broken || (!report.by && !claim)) return { why: report.broken ? report.why : "claim" };
    if (!report.by) await keep({ ...report, owner: who.owner }, report);
    const result = await post(report, who.token);
    if (result.sent && result.again) {
      // An earlier sending of it was saved, and what was changed since is not in that one: it must not be lost here.
      await keep({ ...report, owner: who.owner, sentAs: result.sent }, { ...report, why: "again" });
    } else if (result.sent) {
      await remove(id);
    }
    return result;
  }
  /** @param {string} id @param {boolean} claim @param {Session=} asks @returns {Promise<Sending>} */
  async function sendNow(id, claim, asks) {
    const row = await find(id);
    if (!row) return { gone: true };
    if (row.broken || row.state !== "waiting" || row.sentAs) return { why: row.why };
    /** @type {Sending} */
    let result;
    try {
      const who = asks || await session();
      result = "why" in who ? who : await postAs(id, who, claim);
    } catch (error) {
      // No answer is no answer: the server may have it or not. Its number makes the next try the same report.
      result = { why: "signal" };
    }
    if (!result.sent && !result.gone) await mark(id, { why: result.why });
    return result;
  }
  // One at a time, over all tabs of this browser where it can. A tab that the phone put to sleep may never end its
  // turn; the number of a report makes two sendings one.
  /** @type {Promise<any>} */
  let last = Promise.resolve();
  /** @template T @param {() => Promise<T>} act @returns {Promise<T>} */
  function alone(act) {
    if (!navigator.locks) {
      last = last.then(act, act);
      return last;
    }
    let isBegun = false;
    const begin = () => { isBegun = true; return act(); };
    return navigator.locks.request(DATABASE + "-send", { signal: base.timeLimit(TURN_MS) }, begin)
      .catch(error => { if (isBegun) throw error; return act(); });
  }
  // `form`: {token, owner} of the page that it is sent from; without it a page is asked for them.
  /** @param {string} id @param {{ claim?: boolean, form?: Session }} how */
  const send = (id, { claim = false, form = undefined } = {}) => alone(() => sendNow(id, claim, form));

  // Everything that may go without asking. `each(id, result)` hears of every one; result null: it begins.
  /** @param {(id: string, result: Sending | null) => void} each */
  async function sendAll(each = () => {}) {
    if (navigator.onLine === false || !await exists()) return;
    const owner = await signedIn(), mine = (await rows()).filter(row =>
      owner && row.by === owner.account && row.state === "waiting" && row.why !== "again");
    for (const { id } of mine) {
      each(id, null);
      const result = await send(id);
      each(id, result);
      if (["signal", "signed-out", "busy"].includes(result.why || "")) break;
    }
  }

  return {
    keep, find, list, remove, mark, sweep, count, arrived, ownerOf, signIn, signOut, signedIn, session, send, sendAll,
    newId, team, changesTeam, learnTeam, channel,
  };
})();
