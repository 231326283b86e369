// The door: the scan field is empty and has the focus for the next ticket, whatever happens. A scanner types and
// presses Enter faster than answers come: htmx sends what was typed one after another, the field is free at once.
import { onElements } from "./behaviour.js";

const FAST_MS = 80; // from letter to letter of a scanner, on the average; fingers take longer
const PAUSE_MS = 300; // what comes after it begins anew; a busy device holds up a letter or two of a scan, but not so long
const SCAN_LENGTH = 10; // a ticket's code, the shortest that is scanned

onElements("form[data-scan]", (form) => {
  const field = form.querySelector("[data-scan-field]");
  const verdict = () => document.getElementById("_verdict");

  // Focus without a keyboard on the screen, which would hide the answer; it comes when the field is touched.
  const ready = () => {
    field.inputMode = "none";
    field.focus({ preventScroll: true });
  };
  field.addEventListener("pointerdown", () => { field.inputMode = "text"; });

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
    });
  }
  // The next scan must not be added to what was refused for the moment.
  field.select();
});

/** Letters as quick as no finger, and Enter: takes them out of the field they went into, and tells of them. Enter alone
 *  does nothing: a form in which a scan may land is sent by its button. */
function onScan(form, tell) {
  let typed = "";
  let first = 0;
  let last = 0;
  let before = "";
  const isScan = (now) => typed.length >= SCAN_LENGTH && now - last < PAUSE_MS && (last - first) / typed.length < FAST_MS;
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches("input, select")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      const code = isScan(event.timeStamp) ? typed : "";
      typed = "";
      if (!code) return;
      field.value = before;
      tell(code);
    } else if (event.key.length === 1 && !event.repeat) {
      if (!typed || event.timeStamp - last > PAUSE_MS) [typed, first, before] = ["", event.timeStamp, field.value];
      typed += event.key;
      last = event.timeStamp;
    }
  });
}
