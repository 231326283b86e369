// A scan on a page without a code field (guest list, supervisor's decision, conflicts, the counter's queue) is no search
// and no note, and presses no button: the page with the field tries it, at the door also without network.
import { onElements } from "./behaviour.js";
import { onQrAnywhere } from "./scanner.js";

const KEPT = "door-scan";

onElements("[data-scan-anywhere]", ({ dataset }, signal) => {
  onQrAnywhere((code) => {
    sessionStorage.setItem(KEPT, code);
    location.assign(dataset.scanAnywhere);
  }, { signal });
});

/** Tries the code that was scanned on another page, when htmx and the data of a door without network are there. */
export async function tryScannedElsewhere(form, field) {
  const code = sessionStorage.getItem(KEPT);
  if (!code) return;
  sessionStorage.removeItem(KEPT);
  const parts = [document.readyState === "complete" ? undefined : once(window, "load")];
  if (document.querySelector('[data-offline="on"]')) parts.push(once(document, "door:restored"));
  await Promise.all(parts);
  field.value = code;
  form.requestSubmit();
}

const once = (target, name) => new Promise((resolve) => { target.addEventListener(name, resolve, { once: true }); });
