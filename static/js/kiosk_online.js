// Asks the server every two seconds whether it is there. While it is not, a notice in both languages covers the page, so
// that no touch leads to the browser's own error page; when it is back, the page is as it was.
import { onElements } from "./behaviour.js";

const INTERVAL_MS = 2000;
const PATIENCE_MS = 1500;

onElements("dialog[data-offline]", (dialog, signal) => {
  let timer;
  const ask = async () => {
    let isThere = false;
    try {
      const answer = await fetch(dialog.dataset.offline, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      isThere = answer.ok;
    } catch { /* no answer in time */ }
    if (signal.aborted) return;
    if (isThere && dialog.open) dialog.close();
    if (!isThere && !dialog.open) dialog.showModal();
    timer = setTimeout(ask, INTERVAL_MS);
  };
  timer = setTimeout(ask, INTERVAL_MS);
  dialog.addEventListener("cancel", (event) => event.preventDefault(), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
});
