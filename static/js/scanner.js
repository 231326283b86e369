// What a scanner types, told apart from what fingers type: letters quicker than any finger. Scanners end a code with
// Enter, Tab, Ctrl+J (a line feed) or nothing, as they were set up.
const FAST_MS = 80; // from letter to letter of a scanner, on the average; fingers take longer
const PAUSE_MS = 300; // what comes after it begins anew; a busy device holds up a letter or two of a scan, but not so long
const SCAN_LENGTH = 10; // a ticket's code, the shortest that is scanned
const WHOLE = /BIL\S{149}/gi; // a ticket's QR text, in most keyboard layouts

/** The whole QR texts in what was typed. Nobody types 152 signs: they need no Enter. */
export const wholeCodes = (typed) => typed.match(WHOLE) ?? [];

/** Whether a key is what a scanner ends a code with. */
export const isSuffix = (event) =>
  ["Enter", "Tab"].includes(event.key) && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey || isLineFeed(event);

/** Ctrl+J or Ctrl+M; in a browser they open downloads, or nothing. */
export const isLineFeed = (event) => event.ctrlKey && /^[jm]$/i.test(event.key);

/** The letters of one code as they come. */
export class Scan {
  text = "";
  #first = 0;
  #last = 0;

  /** Takes the letter of a keydown; true where it begins a new code. */
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

  /** A scan went elsewhere `now`: what ends it may come here. */
  wentElsewhere(now) {
    this.#last = now;
  }

  /** Whether a scan was over only a moment before `now`: a second suffix is the scanner's too. */
  isJustOver(now) {
    return now - this.#last < PAUSE_MS;
  }
}

/** Tells of each code that is scanned into a field of `form` that is none of its business, and takes it out of there.
 *  Enter alone does nothing: a form in which a scan may land is sent by its button. */
export function onScan(form, tell) {
  let scan = new Scan();
  let before = "";
  const take = (event) => {
    event.preventDefault();
    event.target.value = before;
    const code = scan.text;
    scan = new Scan();
    tell(code);
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
