// A scan on a page of the door without a code field (guest list, supervisor's decision, conflicts) is no search and no
// note: it goes to the scan page, which tries it, also without network. Fields keep what they had.
import { onElements } from "./behaviour.js";
import { Scan, isSuffix, wholeCodes } from "./scanner.js";

const KEPT = "door-scan";
const LEAST_OF_QR = 100; // a name or a note that is typed fast is shorter

onElements("[data-scan-anywhere]", ({ dataset }, signal) => {
  const scan = new Scan();
  let before;
  let isTaken = false;

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("input, select, textarea");
    const isEnd = isSuffix(event);
    if (!isEnd && scan.add(event)) before = field?.value;
    const isScan = wholeCodes(scan.text).length
      || (isEnd && scan.text.length >= LEAST_OF_QR && scan.endsAt(event.timeStamp));
    if (!isScan && !isTaken) return;
    event.preventDefault();
    if (isTaken) return;
    isTaken = true; // what follows belongs to the same code, until the other page is here
    if (field && before !== undefined) field.value = before;
    sessionStorage.setItem(KEPT, scan.text);
    scan.text = "";
    location.assign(dataset.scanAnywhere);
  }, { capture: true, signal });
  // The page comes back by the back button as it was.
  addEventListener("pageshow", () => { isTaken = false; }, { signal });
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
