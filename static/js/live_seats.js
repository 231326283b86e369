// Live seats: a stream from the server, polling where streams fail. Taken seats carry the time at which they come
// back, so the page frees them by itself.

import { about, asking, leftAlone } from "./asking.js";

const POLL_MS = 1000; // as quick as people expect, while they look
const REFUSED_POLL_MS = 3000; // where the server has no stream left, it has enough to do
const PATIENCE_MS = 10_000; // for an answer
const RETRY_STREAM_MS = 60_000;
const FAILURES = 3;

/** Keeps `boxes` as the server says, until `signal` aborts. say: words(box, free), lost(boxes), changed(free places). */
export function followSeats(form, boxes, signal, say) {
  const own = new Set(form.dataset.own ? form.dataset.own.split(",") : []);
  const byPlace = new Map();
  for (const box of boxes) for (const place of box.value.split("-")) if (!own.has(place)) byPlace.set(place, box);
  const mine = new Set(boxes.filter((box) => box.classList.contains("m")));
  const until = new Map(); // place -> seconds of the epoch, 0 for sold
  let clock = 0; // the server's seconds minus ours
  const all = byPlace.size + own.size;

  const isTaken = (place) => until.has(place) && (until.get(place) === 0 || until.get(place) > Date.now() / 1000 + clock);
  const show = () => {
    const lost = [];
    let differs = false;
    for (const box of boxes) {
      const taken = mine.has(box) || box.value.split("-").some((place) => byPlace.has(place) && isTaken(place));
      if (taken === box.disabled) continue;
      differs = true;
      if (taken && box.checked) lost.push(box);
      set(box, taken);
    }
    if (lost.length) say.lost(lost);
    if (differs || lost.length) say.changed(free());
  };
  const free = () => all - [...byPlace.keys()].filter(isTaken).length;
  const set = (box, taken) => {
    const focused = document.activeElement === box;
    if (taken) box.checked = false;
    box.classList.remove("lost");
    box.disabled = taken;
    const words = say.words(box, !taken);
    if (box.hasAttribute("aria-label")) box.setAttribute("aria-label", words);
    else box.nextElementSibling.textContent = words;
    if (taken) box.dispatchEvent(new CustomEvent("seats:taken", { bubbles: true, detail: { focused } }));
  };
  const learn = (facts, whole) => {
    clock = facts.now - Date.now() / 1000;
    if (whole) until.clear();
    for (const [place, time] of Object.entries(facts.taken)) until.set(place, time);
    for (const place of facts.free ?? []) until.delete(String(place));
    show();
  };

  const clockTimer = setInterval(() => { if (until.size) show(); }, 1000);
  signal.addEventListener("abort", () => clearInterval(clockTimer));
  connect(form, signal, learn);
}

function connect(form, signal, learn) {
  let source;
  let again;
  let failures = 0;

  const ask = async () => {
    try {
      const answer = await fetch(form.dataset.poll, {
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (!answer.ok) return leftAlone(answer);
      const facts = await answer.json();
      if (polling.isRunning()) learn(facts, true); // what a stream has said meanwhile is newer
      return undefined;
    } catch {
      return 0; // the network is away; the next try comes by itself
    }
  };
  const polling = asking(ask, POLL_MS);

  const open = () => {
    clearTimeout(again);
    source?.close();
    source = new EventSource(form.dataset.events);
    polling.start(); // until the stream speaks: a proxy may swallow it, and the browser's own tries have pauses
    const take = (whole) => (event) => {
      failures = 0;
      polling.stop();
      polling.every(POLL_MS);
      learn(JSON.parse(event.data), whole);
    };
    source.addEventListener("seats", take(true));
    source.addEventListener("change", take(false));
    source.addEventListener("error", () => {
      failures += 1;
      const refused = source.readyState === EventSource.CLOSED; // by an answer that is no stream
      if (refused) polling.every(REFUSED_POLL_MS);
      polling.start();
      // The browser tries again by itself, except where it was refused.
      if (refused || failures >= FAILURES) {
        source.close();
        again = setTimeout(() => { failures = 0; open(); }, about(RETRY_STREAM_MS));
      }
    });
  };
  const close = () => { clearTimeout(again); source?.close(); };

  signal.addEventListener("abort", () => { polling.stop(); close(); });
  if (!("EventSource" in window)) {
    polling.start();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) polling.now(); }, { signal });
    return;
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); return; }
    failures = 0;
    polling.now();
    open();
  }, { signal });
  addEventListener("pagehide", close, { signal });
  addEventListener("pageshow", (event) => { if (event.persisted) open(); }, { signal });
  open();
}
