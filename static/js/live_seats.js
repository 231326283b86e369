// Live seats: a stream of server-sent events, or polling if streams fail. A held seat comes with its expiry, at which
// the page shows it as free without asking.

import { jittered, poll, retryAfter } from "./polling.js";

const POLL_MS = 1000; // while the page is visible
const REFUSED_POLL_MS = 3000; // The server has no stream left: poll less, because it is busy.
const TIMEOUT_MS = 10_000;
const RETRY_STREAM_MS = 60_000;
const FAILURES = 3;

/** Keeps `boxes` up to date until `signal` aborts. view: label(box, free), lost(boxes), changed(free places). */
export function followSeats(form, boxes, signal, view) {
  const own = new Set(form.dataset.own ? form.dataset.own.split(",") : []);
  const byPlace = new Map();
  for (const box of boxes) for (const place of box.value.split("-")) if (!own.has(place)) byPlace.set(place, box);
  const mine = new Set(boxes.filter((box) => box.classList.contains("m")));
  const until = new Map(); // place -> seconds of the epoch, 0 for sold
  let clock = 0; // the server's clock minus the device's, in seconds
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
    if (lost.length) view.lost(lost);
    if (differs || lost.length) view.changed(free());
  };
  const free = () => all - [...byPlace.keys()].filter(isTaken).length;
  const set = (box, taken) => {
    const focused = document.activeElement === box;
    if (taken) box.checked = false;
    box.classList.remove("lost");
    box.disabled = taken;
    const label = view.label(box, !taken);
    if (box.hasAttribute("aria-label")) box.setAttribute("aria-label", label);
    else box.nextElementSibling.textContent = label;
    if (taken) box.dispatchEvent(new CustomEvent("seats:taken", { bubbles: true, detail: { focused } }));
  };
  const update = (facts, whole) => {
    clock = facts.now - Date.now() / 1000;
    if (whole) until.clear();
    for (const [place, time] of Object.entries(facts.taken)) until.set(place, time);
    for (const place of facts.free ?? []) until.delete(String(place));
    show();
  };

  const clockTimer = setInterval(() => { if (until.size) show(); }, 1000);
  signal.addEventListener("abort", () => clearInterval(clockTimer));
  connect(form, signal, update);
}

function connect(form, signal, update) {
  let source;
  let again;
  let failures = 0;

  const ask = async () => {
    try {
      const answer = await fetch(form.dataset.poll, {
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!answer.ok) return retryAfter(answer);
      const facts = await answer.json();
      if (polling.isRunning()) update(facts, true); // the stream's news are newer
      return undefined;
    } catch {
      return 0; // no network: the next try follows by itself
    }
  };
  const polling = poll(ask, POLL_MS);

  const open = () => {
    clearTimeout(again);
    source?.close();
    source = new EventSource(form.dataset.events);
    polling.start(); // until the first event: a proxy may hold the stream back, and the browser retries with pauses
    const receive = (whole) => (event) => {
      failures = 0;
      polling.stop();
      polling.every(POLL_MS);
      update(JSON.parse(event.data), whole);
    };
    source.addEventListener("seats", receive(true));
    source.addEventListener("change", receive(false));
    source.addEventListener("error", () => {
      failures += 1;
      const refused = source.readyState === EventSource.CLOSED; // the answer was no stream
      if (refused) polling.every(REFUSED_POLL_MS);
      polling.start();
      // The browser reconnects by itself, except after a refusal.
      if (refused || failures >= FAILURES) {
        source.close();
        again = setTimeout(() => { failures = 0; open(); }, jittered(RETRY_STREAM_MS));
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
  document.addEventListener("kiosk:online", open, { signal }); // the stream may be dead without an error
  addEventListener("pagehide", close, { signal });
  addEventListener("pageshow", (event) => { if (event.persisted) open(); }, { signal });
  open();
}
