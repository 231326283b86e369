// Says when to ask whether the bank has news: htmx asks, and puts the page's new part in place of the old one.
// Often at first (the code comes within a moment), every second while somebody pays, slower when nobody looks.
import { announce, onElements } from "./behaviour.js";

const FAST_MS = 250;
const FAST_TRIES = 12;
const USUAL_MS = 1000;
const SLOW_MS = 3000;
const SLOW_AFTER_MS = 5 * 60_000;
const MOST_MS = 60 * 60_000;
const BROKEN_MS = 15_000;

onElements("[data-payment-wait]", (place, signal) => {
  const began = performance.now();
  const section = () => place.firstElementChild;
  let words = wordsOf(section());
  let tries = 0;
  let failures = 0;
  let timer;

  const pause = () => {
    if (failures) return Math.min(BROKEN_MS, USUAL_MS * 2 ** failures);
    if (section().dataset.stage === "preparing" && tries < FAST_TRIES) return FAST_MS;
    if (document.hidden || section().dataset.stage === "over") return SLOW_MS;
    return performance.now() - began > SLOW_AFTER_MS ? SLOW_MS : USUAL_MS;
  };
  const plan = () => {
    clearTimeout(timer);
    if (!signal.aborted && performance.now() - began < MOST_MS) timer = setTimeout(ask, pause());
  };
  const ask = () => {
    tries += 1;
    section().dispatchEvent(new Event("payment:ask"));
  };
  const isOurs = ({ detail: { ctx } }) => ctx && place.contains(ctx.sourceElement) && ctx.request.method === "GET";

  document.addEventListener("htmx:after:request", (event) => {
    if (isOurs(event)) failures = event.detail.ctx.response.status < 400 ? 0 : failures + 1;
  }, { signal });
  document.addEventListener("htmx:error", (event) => { if (isOurs(event)) failures += 1; }, { signal });
  document.addEventListener("htmx:after:swap", (event) => {
    if (!isOurs(event) || wordsOf(section()) === words) return;
    // What comes together with its live region is heard by few; an alert is heard anyway.
    words = wordsOf(section());
    announce(words);
  }, { signal });
  document.addEventListener("htmx:finally:request", (event) => { if (isOurs(event)) plan(); }, { signal });

  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); }, { signal });
  // The clock of the page has run out, and the server sees no news in that: the next answer is a new part all the same.
  document.addEventListener("countdown:over", () => {
    const address = section().getAttribute("hx-get");
    if (!address) return;
    section().setAttribute("hx-get", address.replace(/seen=[^&]*/, "seen="));
    ask();
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  plan();
});

function wordsOf(section) {
  const shown = [...section.querySelectorAll("h2, .notice:not(.bad) p")].map((part) => part.textContent.trim());
  return section.dataset.say ?? shown.join(". ");
}
