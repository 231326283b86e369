// Asks the server again and again whether it is there. While it is not, a notice in both languages covers the page; when
// it is back, the page is as it was, and what was asked before is asked again.
import { onElements } from "./behaviour.js";

// Together less than three seconds: so soon the notice is shown.
const INTERVAL_MS = 1400;
const PATIENCE_MS = 1500;
const ADDRESS = "/healthz";
const LOST_MS = 1500; // a request that is older than the outage may still get its answer so long

let showNotice = () => {};
const asked = new Set(); // htmx's requests without an answer

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => asked.add(ctx));
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => asked.delete(ctx));

export async function serverAnswers() {
  try {
    return (await fetch(ADDRESS, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
  } catch { // no answer in time
    return false;
  }
}

/** Covers the page with the notice until the server answers. */
export function showOffline() { showNotice(); }

onElements("dialog[data-offline]", (dialog, signal) => {
  let timer;
  let below; // the dialog that the notice covers
  showNotice = () => {
    const other = document.querySelector("dialog[open]:not([data-offline])");
    if (dialog.open && other && other !== below) dialog.close(); // the other one was opened later: cover it, too
    if (!dialog.open) dialog.showModal();
    below = other;
  };
  const ask = async () => {
    const isThere = await serverAnswers();
    if (signal.aborted) return;
    if (isThere && dialog.open) {
      dialog.close();
      comeBack();
    }
    if (!isThere) showNotice();
    timer = setTimeout(ask, INTERVAL_MS);
  };
  timer = setTimeout(ask, INTERVAL_MS);
  dialog.addEventListener("cancel", (event) => event.preventDefault(), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
});

// The connection of a request from before the outage may be dead without anybody being told. The page would wait for its
// answer for a minute, and a second touch of its button for the first one's.
function comeBack() {
  const lost = [...asked];
  setTimeout(() => {
    for (const ctx of lost) if (asked.has(ctx)) ctx.request.abort("timeout");
    document.dispatchEvent(new Event("kiosk:online"));
  }, LOST_MS);
}
