// The door: the scan field is empty and has the focus for the next ticket, whatever happens. A scanner types faster than
// answers come: htmx sends what was typed one after another, the field is free at once.
import { onElements } from "./behaviour.js";
import { Scan, isLineFeed, isSuffix, onScan, wholeCodes } from "./scanner.js";

onElements("form[data-scan]", (form) => {
  const field = form.querySelector("[data-scan-field]");
  const verdict = () => document.getElementById("_verdict");

  // Focus without a keyboard on the screen, which would hide the answer; it comes when the field is touched.
  const ready = () => {
    field.inputMode = "none";
    field.focus({ preventScroll: true });
  };
  field.addEventListener("pointerdown", () => { field.inputMode = "text"; });

  // Enter sends the form by itself. A scanner that ends with Tab or a line feed means the same; Tab of a person moves on.
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
  // One that ends with nothing: a whole QR text is sent as it stands there. Several go together, the house tells them
  // apart: two requests of one moment would not wait for each other.
  field.addEventListener("input", () => {
    const codes = wholeCodes(field.value);
    if (!codes.length) return;
    field.value = codes.join("\t");
    form.requestSubmit();
  });

  form.addEventListener("submit", (event) => {
    if (field.value.trim()) return;
    event.preventDefault(); // a scanner that ends with two Enters
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
    ready();
    document.title = verdict().querySelector("h1").textContent.replace(/\s+/g, " ");
    const kind = verdict().dataset.verdict;
    if (kind) document.dispatchEvent(new CustomEvent("door:verdict", { detail: kind }));
  };

  form.addEventListener("htmx:config:request", () => {
    field.value = "";
    field.blur(); // puts a keyboard on the screen away
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

  addEventListener("focus", () => { if (document.activeElement === document.body) ready(); });
  // What is typed nowhere is typed into the field; a button needs no letters, and a scanner's Enter would press it.
  document.addEventListener("keydown", (event) => {
    const isLetter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (isLetter && !event.target.closest("input, select, textarea")) ready();
  });
  // A scan into where staff stand is none of its business: the form is as it was, and the ticket is tried.
  for (const standing of document.querySelectorAll("form[data-standing]")) {
    onScan(standing, (code) => {
      standing.closest("details").open = false;
      field.value = code;
      form.requestSubmit();
      scan.wentElsewhere(performance.now());
    });
  }
  // The next scan must not be added to what was refused for the moment.
  field.select();
});
