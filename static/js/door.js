// The scan field of the door: after each scan it is empty and has the focus for the next ticket. A scanner may be
// faster than the answers: htmx sends the scans one after another, and the field is free at once.
import { onElements } from "./behaviour.js";
import { tryScannedElsewhere } from "./door_scan_anywhere.js";
import { Scan, isLineFeed, isSuffix, onQrAnywhere, onScan, wholeCodes } from "./scanner.js";

onElements("form[data-scan]", (form, signal) => {
  const field = form.querySelector("[data-scan-field]");
  const verdict = () => document.getElementById("_verdict");

  // Focus without the on-screen keyboard, which would hide the answer; a touch of the field opens it.
  const ready = () => {
    field.inputMode = "none";
    field.focus({ preventScroll: true });
  };
  field.addEventListener("pointerdown", () => {
    if (field.inputMode === "text") return;
    field.blur(); // a phone opens its keyboard only for a field that takes the focus
    field.inputMode = "text";
  });

  // Enter sends the form by itself. So do Tab and a line feed of a scanner; a person's Tab moves the focus.
  const scan = new Scan();
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && isSuffix(event)) {
      const isScanners = field.value.trim() ? scan.endsAt(event.timeStamp) : scan.isJustOver(event.timeStamp);
      if (!isScanners && !isLineFeed(event)) return;
      event.preventDefault();
      if (isScanners && field.value.trim()) form.requestSubmit();
      return;
    }
    scan.add(event);
  });
  // A scanner may end a code with no key: send as soon as the field has a whole QR text. Several codes go in one
  // request, because two simultaneous requests would not wait for each other; the server separates them.
  field.addEventListener("input", () => {
    const codes = wholeCodes(field.value);
    if (!codes.length) return;
    field.value = codes.join("\t");
    form.requestSubmit();
  });

  form.addEventListener("submit", (event) => {
    if (field.value.trim()) return;
    event.preventDefault(); // The second Enter of a scanner that ends with two.
    event.stopImmediatePropagation();
  }, true);

  const noAnswer = () => {
    const words = document.querySelector("template[data-no-answer]").content.cloneNode(true);
    verdict().replaceWith(words);
    answered();
  };
  const answered = () => {
    field.removeAttribute("aria-invalid");
    scrollTo(0, 0);
    if (!document.activeElement?.closest("form[data-standing]")) ready(); // where one stands may be changed meanwhile
    document.title = verdict().querySelector("h1").textContent.replace(/\s+/g, " ");
    const kind = verdict().dataset.verdict;
    if (kind) document.dispatchEvent(new CustomEvent("door:verdict", { detail: kind }));
  };

  // "Next" shows the waiting page again; the field is ready for the next ticket.
  // The swap removes the link, so the event of the swap is heard at the document.
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.target !== form) answered();
  }, { signal });

  const standing = document.querySelector("details.standing");
  form.addEventListener("htmx:config:request", () => {
    if (standing) standing.open = false; // on a phone it covers the verdict
    field.value = "";
    field.blur(); // closes the on-screen keyboard
    ready();
  });
  form.addEventListener("htmx:before:swap", (event) => {
    const { text, response } = event.detail.ctx;
    if (text.includes('id="_verdict"')) return;
    event.preventDefault();
    if (response.status < 500) location.assign(form.dataset.scan); // signed out meanwhile
    else noAnswer();
  });
  form.addEventListener("htmx:after:swap", answered);
  form.addEventListener("htmx:error", noAnswer);
  // A device that works without network decides by itself (door_offline.js).
  form.addEventListener("door:shown", answered);
  form.addEventListener("door:no-answer", noAnswer);

  addEventListener("focus", () => { if (document.activeElement === document.body) ready(); });
  // Letters typed outside of a field go to the scan field, also from a button: a scanner's Enter would press it.
  document.addEventListener("keydown", (event) => {
    const isLetter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (isLetter && !event.target.closest("input, select, textarea")) ready();
  });
  // A scan into the form of the auditorium restores that form and checks the ticket.
  for (const place of document.querySelectorAll("form[data-standing]")) {
    onScan(place, (code) => {
      field.value = code;
      form.requestSubmit();
      scan.tookElsewhere(performance.now());
    });
  }
  // The choice of the camera is the only field outside of a form.
  onQrAnywhere((code) => {
    field.value = code;
    form.requestSubmit();
  }, { isUser: (one) => one.form !== null, signal });
  tryScannedElsewhere(form, field);
  // The next scan must replace a refused text, not follow it. If this script comes late, leave a scan that has begun
  // and another field that has the focus.
  if (field.value === field.defaultValue && [document.body, field].includes(document.activeElement)) field.select();
});
