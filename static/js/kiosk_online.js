// Asks the server again and again whether it is there. While it is not, a notice in both languages covers the page; when
// it is back, the page is as it was.
import { onElements } from "./behaviour.js";

// Together less than three seconds: so soon the notice is shown.
const INTERVAL_MS = 1400;
const PATIENCE_MS = 1500;
const ADDRESS = "/healthz";

let showNotice = () => {};

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
  showNotice = () => { if (!dialog.open) dialog.showModal(); };
  const ask = async () => {
    const isThere = await serverAnswers();
    if (signal.aborted) return;
    if (isThere && dialog.open) dialog.close();
    if (!isThere) showNotice();
    timer = setTimeout(ask, INTERVAL_MS);
  };
  timer = setTimeout(ask, INTERVAL_MS);
  dialog.addEventListener("cancel", (event) => event.preventDefault(), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
});
