// Waits for the bank: asks a tiny address whether the page still tells the truth, and takes what it says instead.
// Often at first (the code comes within a moment), every second while somebody pays, slower when nobody looks.
import { announce, onElements } from "./behaviour.js";

const FAST_MS = 250;
const FAST_TRIES = 12;
const USUAL_MS = 1000;
const SLOW_MS = 3000;
const SLOW_AFTER_MS = 5 * 60_000;
const MOST_MS = 60 * 60_000;
const BROKEN_MS = 15_000;

onElements("[data-payment-wait]", (place) => {
  const began = performance.now();
  let section = place.firstElementChild;
  let tries = 0;
  let failures = 0;
  let timer;

  const pause = () => {
    if (failures) return Math.min(BROKEN_MS, USUAL_MS * 2 ** failures);
    if (section.dataset.stage === "preparing" && tries < FAST_TRIES) return FAST_MS;
    if (document.hidden || section.dataset.stage === "over") return SLOW_MS;
    return performance.now() - began > SLOW_AFTER_MS ? SLOW_MS : USUAL_MS;
  };
  const plan = () => {
    clearTimeout(timer);
    if (section.isConnected && section.dataset.status && performance.now() - began < MOST_MS) timer = setTimeout(ask, pause());
  };
  const ask = async (seen = section.dataset.seen) => {
    tries += 1;
    try {
      const query = new URLSearchParams({ charge: section.dataset.charge, seen });
      const answer = await fetch(`${section.dataset.status}?${query}`, { headers: { "HX-Request": "true" } });
      failures = 0;
      const elsewhere = answer.headers.get("HX-Redirect");
      if (elsewhere) return location.assign(elsewhere);
      if (answer.status === 200) take(await answer.text());
      else if (!answer.ok) failures += 1;
    } catch {
      failures += 1;
    }
    plan();
  };
  const take = (markup) => {
    const fresh = new DOMParser().parseFromString(markup, "text/html").getElementById(section.id);
    if (!fresh) return;
    const focused = section.contains(document.activeElement);
    const before = wordsOf(section);
    section.replaceWith(fresh);
    // What comes together with its live region is heard by few; an alert is heard anyway.
    if (wordsOf(fresh) !== before) announce(wordsOf(fresh));
    section = fresh;
    if (focused) document.getElementById("main")?.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("htmx:load"));
  };

  document.addEventListener("visibilitychange", () => { if (!document.hidden && section.dataset.status) ask(); });
  document.addEventListener("countdown:over", () => { if (section.dataset.status) ask(""); });
  plan();
});

function wordsOf(section) {
  const shown = [...section.querySelectorAll("h2, .notice:not(.bad) p")].map((part) => part.textContent.trim());
  return section.dataset.say ?? shown.join(". ");
}
