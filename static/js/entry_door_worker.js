// The service worker of the door: shows the scan page when the server does not answer. The page asks it to keep a
// build's page and files; a cache has the files of one build, so that an update breaks no page that is open. It keeps no
// other page, and no answer of the server.
const NAME = "door-";
const PAGES = /^\/staff\/(scan|guests|admissions\/[\d,]+)$/;
const FILES = /"(\/static\/[^"]+)"/g;
const HASHED = /\/dist\/[\w-]+\.[0-9A-Z]{8}\.(js|css)$/;
const PAGE_MS = 2000; // a door does not wait longer for a page
const FILE_MS = 1500;
const SHELL = "/staff/scan";

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const answer = (build) => event.ports[0]?.postMessage(build);
  // Without network nothing is kept: next time.
  if (event.data.keep) event.waitUntil(keep(event.data).then(() => answer(event.data.build), () => answer("")));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && PAGES.test(address.pathname)) event.respondWith(page(event));
  else if (HASHED.test(address.pathname)) event.respondWith(kept(request).then((found) => found ?? fetch(request)));
  else if (address.pathname.startsWith("/static/")) event.respondWith(inTime(event, FILE_MS, () => kept(request)));
});

/** The page of the server, else the one that is kept. */
async function page(event) {
  return inTime(event, PAGE_MS, () => caches.match(SHELL));
}

/** The server's answer, or what `instead` gives if there is none after some time, or it is an error of the server. */
async function inTime(event, patience, instead) {
  const answer = fetch(event.request);
  const late = new Promise((resolve) => { setTimeout(resolve, patience); });
  try {
    const first = await Promise.race([answer, late]);
    if (first && first.status < 500) return first;
  } catch { /* no network */ }
  return await instead() ?? answer;
}

const kept = (request) => caches.match(request, { ignoreVary: true });

/** Fetches the page and its files into the cache of this build, all or nothing, and deletes caches that nobody needs. */
async function keep({ keep: address, build }) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error("no page");
  const text = await answer.clone().text();
  const cache = await caches.open(NAME + build);
  const files = [...new Set([...text.matchAll(FILES)].map(([, file]) => file))];
  const missing = [];
  for (const file of files) if (!await cache.match(file)) missing.push(file);
  await cache.addAll(missing);
  await cache.put(SHELL, answer);
  const pages = await self.clients.matchAll({ includeUncontrolled: true });
  if (pages.length > 1) return; // another page may be of another build
  for (const name of await caches.keys()) if (name !== NAME + build && name.startsWith(NAME)) await caches.delete(name);
}
