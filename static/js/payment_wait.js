// Times the polling for a payment: htmx sends the requests and replaces the part of the page. Fast at first (the Pix
// code comes within a moment), then every second, slower while the page is hidden.
import { announce, onElements } from "./behaviour.js";

const FAST_MS = 250;
const FAST_TRIES = 12;
const USUAL_MS = 1000;
const SLOW_MS = 3000;
const SLOW_AFTER_MS = 5 * 60_000;
const MAX_TOTAL_MS = 60 * 60_000;
const MAX_PAUSE_MS = 15_000;
const LIMIT = "10s"; // a connection whose packets are lost gives no answer at all

onElements("[data-payment-wait]", (place, signal) => {
  const startedAt = performance.now();
  const section = () => place.firstElementChild;
  let text = textOf(section());
  let tries = 0;
  let failures = 0;
  let timer;

  const pause = () => {
    if (failures) return Math.min(MAX_PAUSE_MS, USUAL_MS * 2 ** failures);
    if (section().dataset.stage === "preparing" && tries < FAST_TRIES) return FAST_MS;
    if (document.hidden || section().dataset.stage === "over") return SLOW_MS;
    return performance.now() - startedAt > SLOW_AFTER_MS ? SLOW_MS : USUAL_MS;
  };
  const schedule = () => {
    clearTimeout(timer);
    if (!signal.aborted && performance.now() - startedAt < MAX_TOTAL_MS) timer = setTimeout(ask, pause());
  };
  const ask = () => {
    tries += 1;
    section().dispatchEvent(new Event("payment:ask"));
  };
  const isOwnPoll = ({ detail: { ctx } }) => ctx && place.contains(ctx.sourceElement) && ctx.request.method === "GET";

  document.addEventListener("htmx:config:request", (event) => {
    if (isOwnPoll(event)) event.detail.ctx.request.timeout = LIMIT;
  }, { signal });
  document.addEventListener("htmx:after:request", (event) => {
    if (isOwnPoll(event)) failures = event.detail.ctx.response.status < 400 ? 0 : failures + 1;
  }, { signal });
  document.addEventListener("htmx:error", (event) => { if (isOwnPoll(event)) failures += 1; }, { signal });
  document.addEventListener("htmx:after:swap", (event) => {
    if (!isOwnPoll(event) || textOf(section()) === text) return;
    // Announce it here: many screen readers ignore the text of a live region that arrives with it. An alert is
    // announced anyway.
    text = textOf(section());
    announce(text);
  }, { signal });
  document.addEventListener("htmx:finally:request", (event) => { if (isOwnPoll(event)) schedule(); }, { signal });

  const askNow = () => {
    failures = 0;
    ask();
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); }, { signal });
  addEventListener("online", askNow, { signal });
  document.addEventListener("kiosk:online", askNow, { signal });
  // The clock has run out, which is no change for the server: drop `seen`, so that the next answer has the new part.
  document.addEventListener("countdown:over", () => {
    const address = section().getAttribute("hx-get");
    if (!address) return;
    section().setAttribute("hx-get", address.replace(/seen=[^&]*/, "seen="));
    ask();
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  schedule();
});

function textOf(section) {
  const shown = [...section.querySelectorAll("h2, .notice:not(.bad) p")].map((part) => part.textContent.trim());
  return section.dataset.say ?? shown.join(". ");
}
