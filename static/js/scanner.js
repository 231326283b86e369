// Recognises a scanner by its speed: its keys follow each other faster than a person types. Depending on its setup a
// scanner ends a code with Enter, Tab, Ctrl+J (a line feed) or nothing.
const FAST_MS = 80; // average between two keys of a scanner; a person takes longer
const PAUSE_MS = 300; // a longer pause begins a new code; a busy device delays keys of a scan, but less
const SCAN_LENGTH = 10; // the length of a ticket's code, the shortest scan
const LEAST_OF_QR = 100; // a name or a note that is typed fast is shorter
const QR_TEXT = /BIL\S{149}/gi; // a ticket's QR text, in most keyboard layouts

/** The whole QR texts in the field. A person does not type 152 characters, so they need no Enter. */
export const wholeCodes = (typed) => typed.match(QR_TEXT) ?? [];

/** Whether a key is one with which scanners end a code. */
export const isSuffix = (event) =>
  ["Enter", "Tab"].includes(event.key) && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey || isLineFeed(event);

/** Whether a key is Ctrl+J or Ctrl+M, a scanner's line feed. In a browser they open downloads, or do nothing. */
export const isLineFeed = (event) => event.ctrlKey && /^[jm]$/i.test(event.key);

/** The keys of one code, with their times. */
export class Scan {
  text = "";
  #first = 0;
  #last = 0;

  /** Adds the letter of a keydown. Returns whether it begins a new code. */
  add(event) {
    if (event.key.length !== 1 || event.repeat || event.ctrlKey || event.metaKey) return false;
    const begins = !this.text || event.timeStamp - this.#last > PAUSE_MS;
    if (begins) [this.text, this.#first] = ["", event.timeStamp];
    this.text += event.key;
    this.#last = event.timeStamp;
    return begins;
  }

  /** Whether a suffix that comes `now` ends a scan. */
  endsAt(now) {
    const each = (this.#last - this.#first) / this.text.length;
    return this.text.length >= SCAN_LENGTH && now - this.#last < PAUSE_MS && each < FAST_MS;
  }

  /** Records that another form took a scan at `now`: its suffix may arrive here. */
  tookElsewhere(now) {
    this.#last = now;
  }

  /** Whether a scan ended just before `now`: then a second suffix is the scanner's too. */
  isJustOver(now) {
    return now - this.#last < PAUSE_MS;
  }
}

/** Calls `onCode` with each code that is scanned into a field of `form`, and restores the field: the form does not
 *  want codes. Enter does nothing: only the button sends a form into which a scan may go. */
export function onScan(form, onCode) {
  let scan = new Scan();
  let before = "";
  const take = (event) => {
    event.preventDefault();
    event.target.value = before;
    const code = scan.text;
    scan = new Scan();
    onCode(code);
  };
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches("input, select")) return;
    if (isSuffix(event)) {
      if (scan.endsAt(event.timeStamp)) take(event);
      else if (event.key === "Enter") event.preventDefault();
      return;
    }
    if (scan.add(event)) before = field.value;
    if (wholeCodes(scan.text).length) take(event);
  });
}

/** Calls `onCode` with each QR text that is scanned while an element without use for it has the focus, and restores a
 *  field. `isUser` tells the elements that take scans themselves. Keys that follow at a scanner's speed are dropped. */
export function onQrAnywhere(onCode, { isUser = () => false, signal }) {
  const scan = new Scan();
  let before;
  let taken = -Infinity;
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("input, select, textarea");
    if (field && isUser(field)) return;
    if (event.timeStamp - taken < PAUSE_MS) {
      taken = event.timeStamp;
      event.preventDefault();
      return;
    }
    const isEnd = isSuffix(event);
    if (!isEnd && scan.add(event)) before = field?.value;
    const isWhole = wholeCodes(scan.text).length > 0;
    if (!isWhole && !(isEnd && scan.text.length >= LEAST_OF_QR && scan.endsAt(event.timeStamp))) return;
    event.preventDefault();
    taken = event.timeStamp;
    if (field && before !== undefined) field.value = before;
    const code = scan.text;
    scan.text = "";
    onCode(code);
  }, { capture: true, signal });
}
