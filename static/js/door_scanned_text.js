// Text that scanners type, as app/tickets/scanner_input.py reads it: with prefixes and invisible characters, and with
// the characters of another keyboard layout. The tables of the layouts come from the server.
import { QR_LENGTH, hasPrefix } from "./door_qr.js";

const CODE_LENGTH = 10;
const SCANNER_PREFIX = /^[^\p{L}\p{N}_]*[\p{L}\p{N}_]{0,3}[^\p{L}\p{N}_]*(?=BIL[1&!+])/iu;
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Cs}]/gu;
const FOREIGN = /[^\x00-\x7f]/u; // eslint-disable-line no-control-regex
const DEAD_KEYS = { "\u0308": "¨", "\u0302": "^" };

/** An order's code, or the serial of a ticket of it, without dashes. */
export const isOrderCode = (code) => /^[A-Z]{3}\d{4,6}$/.test(code);
export const isTicketCode = (code) => code.length === CODE_LENGTH;

/** The text without the prefix by which some scanners name the kind of code: `]Q1`, `Q`. */
export const withoutScannerPrefix = (typed) => typed.replace(SCANNER_PREFIX, "");

/** The capitals and digits of the text. */
export const alphanumeric = (typed) => typed.replace(/[^\p{L}\p{N}]/gu, "").toUpperCase();

/** One character for each pressed key, in capitals. */
export const pressedCharacters = (typed) => typed.normalize("NFC").replace(INVISIBLE, "").toUpperCase();

/**
 * The QR texts that another keyboard layout may have changed into `typed`. `layouts`: {letters, digits}, each a list of
 * pairs of texts: the characters that the computer reads, and those that the scanner typed.
 */
export function layoutVariants(typed, layouts) {
  const [pressed, found] = [pressedCharacters(typed), new Set()];
  for (const keys of [pressed, withoutDeadKeys(pressed)]) {
    for (const digits of layouts.digits) {
      for (const letters of layouts.letters) {
        const text = translated(translated(keys, digits), letters);
        if (text.length === QR_LENGTH && hasPrefix(text)) found.add(text);
      }
    }
  }
  found.delete(alphanumeric(typed));
  return [...found];
}

/** Whether the text is probably a QR text of ours, changed by an unknown keyboard layout. */
export function isGarbled(typed) {
  const pressed = [...pressedCharacters(typed)];
  if (Math.abs(pressed.length - QR_LENGTH) > 12) return false;
  const foreign = pressed.filter((char) => /\p{L}/u.test(char) && FOREIGN.test(char)).length;
  return pressed.slice(0, 3).join("") === "BIL" || foreign > Math.floor(pressed.length / 2);
}

function translated(text, [from, to]) {
  return [...text].map((char) => to[from.indexOf(char)] ?? char).join("");
}

function withoutDeadKeys(pressed) {
  return [...pressed].map((char) => {
    const [base, mark, ...rest] = char.normalize("NFD");
    return mark in DEAD_KEYS && !rest.length ? DEAD_KEYS[mark] + base : char;
  }).join("");
}
