// The scan field of the counter: a scan is sent by itself, and typing outside of a field goes to it.
import { onElements } from "./behaviour.js";
import { tryScannedElsewhere } from "./door_scan_anywhere.js";
import { Scan, isLineFeed, isSuffix, onQrAnywhere, wholeCodes } from "./scanner.js";

onElements("form[data-counter-scan]", (form, signal) => {
  const field = form.querySelector("[data-scan-field]");
  const scan = new Scan();
  // Enter sends the form by itself. So do Tab and a line feed of a scanner; a person's Tab moves the focus.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || !isSuffix(event)) {
      scan.add(event);
      return;
    }
    if (!field.value.trim() || !(scan.endsAt(event.timeStamp) || isLineFeed(event))) return;
    event.preventDefault();
    form.requestSubmit();
  }, { signal });
  field.addEventListener("input", () => {
    if (wholeCodes(field.value).length) form.requestSubmit();
  }, { signal });
  form.addEventListener("submit", (event) => {
    if (field.value.trim()) return;
    event.preventDefault(); // the second Enter of a scanner that ends with two
    event.stopImmediatePropagation();
  }, { capture: true, signal });
  document.addEventListener("keydown", (event) => {
    const isOfCode = /^[a-z0-9]$/i.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (isOfCode && !event.target.closest("input, select, textarea")) field.focus({ preventScroll: true });
  }, { signal });
  // A QR code that is scanned into a quantity or the counter's name is an order to find, and changes neither.
  onQrAnywhere((code) => {
    field.value = code;
    form.requestSubmit();
  }, { isUser: (one) => one === field, signal });
  tryScannedElsewhere(form, field);
  // The next code replaces a refused one.
  field.addEventListener("focus", () => field.select(), { signal });
  if (document.activeElement === field) field.select();
});
