// Shows a sign while a part of the page that polls the server has had no answer for some seconds: what it shows may be
// out of date. `data-stale-sign` is the id of that part.
import { announce, onElements } from "./behaviour.js";

const PATIENCE_MS = 8000;
const CHECK_MS = 1000;
const FIRST_ERROR = 400;
const LIMIT = "10s"; // after it the part asks again: a connection whose packets are lost gives no answer at all

onElements("[data-stale-sign]", (sign, signal) => {
  let answeredAt = performance.now();
  const show = () => {
    const isStale = performance.now() - answeredAt >= PATIENCE_MS;
    if (isStale && sign.hidden) announce(sign.textContent);
    sign.hidden = !isStale;
  };
  const isOfPart = (ctx) => ctx?.sourceElement?.closest(`#${sign.dataset.staleSign}`);
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (isOfPart(ctx) && ctx.request.method === "GET") ctx.request.timeout = LIMIT;
  }, { signal });
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (!isOfPart(ctx) || ctx.response.status >= FIRST_ERROR) return;
    answeredAt = performance.now();
    show();
  }, { signal });
  // Browsers let a hidden page poll less often: wait for its next answer before calling it out of date.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && sign.hidden) answeredAt = performance.now();
  }, { signal });
  const timer = setInterval(show, CHECK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
});
