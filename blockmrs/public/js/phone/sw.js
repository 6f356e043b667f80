// The service worker: /field without a signal. The server puts the constant KEPT before this text: the version, the
// language, and the addresses of what is kept (controllers/field/offline.py). A version is kept whole or not at all,
// and replaces the one before. What is kept is public and fetched without cookies: never a signed-in page, never an
// answer to a form.
"use strict";
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const CACHE = "kept-" + KEPT.version;
const OWN_PREFIX = "kept-";
const SOON_MS = 4000, ASK_MS = 60000;
let isOtherLanguage = false;

worker.addEventListener("install", event => event.waitUntil(install()));

worker.addEventListener("activate", event => event.waitUntil((async () => {
  const names = (await caches.keys()).filter(name => name.startsWith(OWN_PREFIX) && name !== CACHE);
  await Promise.all(names.map(name => caches.delete(name)));
  await worker.clients.claim();
})()));

worker.addEventListener("fetch", event => {
  const { request } = event, url = new URL(request.url), address = url.pathname + url.search;
  if (url.origin !== worker.location.origin) return;
  if (request.method === "POST" && url.pathname === "/language") isOtherLanguage = true;
  if (request.method === "GET" && KEPT.keep.includes(address)) {
    event.respondWith(copyOf(address, request));
    if (address === "/field") event.waitUntil(refresh());
  } else if (request.mode === "navigate" && request.method === "GET" && sameFor(url)) {
    event.respondWith(copyOf(sameFor(url), request));
  } else if (request.mode === "navigate" && (request.method === "GET" || isFirstSent(request, url))) {
    event.respondWith(fetch(request).catch(async () => await copyAt(KEPT.away) || Response.error()));
  }
});

// A form of these pages on its way to the server, unless the history asks for its answer once more: only the browser
// can send that again, and asks before. To answer "no signal" there would be untrue.
/** @param {Request} request @param {URL} url */
function isFirstSent(request, url) {
  return /^\/(field\/|language$)/.test(url.pathname) && request.cache !== "only-if-cached";
}

// The kept page that an address means: with a slash at its end or anything behind "?", it is the same page.
/** @param {URL} url */
function sameFor(url) {
  const path = url.pathname.endsWith("/") ? url.pathname.slice(0, -1) : url.pathname;
  return KEPT.pages_for_all.includes(path) ? path : "";
}

// A version that could not be kept whole, on a full phone for instance, leaves nothing behind.
async function install() {
  try {
    await keepAll();
  } catch (error) {
    await caches.delete(CACHE).catch(() => {});
    throw error;
  }
  await worker.skipWaiting();
}

// Everything in this version, or an error: the list of addresses comes last and has to name the same version still.
async function keepAll() {
  const cache = await caches.open(CACHE), others = KEPT.keep.filter(address => address !== KEPT.own);
  await Promise.all(others.map(async address => cache.put(address, await ask(address))));
  const list = await ask(KEPT.own);
  if ((await list.clone().json()).version !== KEPT.version) throw new Error("another version is served now");
  await cache.put(KEPT.own, list);
}

/** @param {string} address */
async function ask(address) {
  const cached = address.includes("?v=") ? "default" : "reload", headers = { "Accept-Language": KEPT.language };
  const how = /** @type {RequestInit} */ ({ credentials: "omit", cache: cached, headers });
  const answer = await within(ASK_MS, signal => fetch(address, { ...how, signal }));
  if (!answer.ok || answer.redirected) throw new Error(address + " cannot be kept");
  return answer;
}

// A line that carries nothing would be waited for without end.
/** @template T @param {number} limit_ms @param {(signal: AbortSignal) => Promise<T>} act @returns {Promise<T>} */
async function within(limit_ms, act) {
  const control = new AbortController(), limit = setTimeout(() => control.abort(), limit_ms);
  try { return await act(control.signal); } finally { clearTimeout(limit); }
}

/** @param {string} address */
async function copyAt(address) {
  return (await caches.open(CACHE)).match(address, { ignoreVary: true });
}

/** @param {string} address @param {Request} request */
async function copyOf(address, request) {
  if (address === "/field" && isOtherLanguage) {
    try {
      return await within(SOON_MS, signal => fetch(request, { signal }));
    } catch (error) { /* better in the other language than not at all */ }
  }
  return await copyAt(address) || fetch(request);
}

// The list keeps the time at which the server last said that this version is its own; else the next one is fetched.
async function refresh() {
  try {
    const list = await ask(KEPT.own);
    if ((await list.clone().json()).version === KEPT.version) await (await caches.open(CACHE)).put(KEPT.own, list);
    else await worker.registration.update();
  } catch (error) { /* no signal: the copies stay */ }
}
