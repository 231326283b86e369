// The verdict on a scanned text by the data on this device alone: the same rules in the same order as the server's
// (app/tickets/admission.py, ticket_admission.py). It reads and decides; it records nothing.
import { decode, hasPrefix, isFragment, isSignedBy } from "./door_qr.js";
import {
  alphanumeric, isGarbled, isOrderCode, isTicketCode, layoutVariants, pressedCharacters, withoutScannerPrefix,
} from "./door_scanned_text.js";

const DAY_STARTS_AT_MS = 5 * 3600_000; // a cinema day includes the screenings after midnight

/**
 * The verdict on `typed`: {verdict, ticket, screening, payload}.
 *
 * `data` (door_data.js) has the tickets, screenings, keys and own admissions; `place` is {screening} or {site}: ids;
 * `now` is the server's time in milliseconds. A ticket that was sold after the last data has a payload and no ticket.
 * Beside the server's verdicts: `past_day` (another day, which is over), `not_here` (another day or cinema: the
 * data does not have the screening) and `unknown_code` (a typed code that the data does not have, and that may be new).
 */
export async function decide(typed, data, place, now) {
  const text = withoutScannerPrefix(typed);
  const code = alphanumeric(text);
  if (!hasPrefix(code) && !isGarbled(text)) return ofCode(code, data, place, now);
  const payload = await verified([code], data.keys) ?? await verified(layoutVariants(text, data.layouts), data.keys);
  if (!payload) return { verdict: refusalOfText(text, data.keys) };
  return ofTicket(data.ticket(payload.ticket), payload, data, place, now);
}

/** The id of the ticket that a text names; undefined if it names none. */
export async function ticketIdOf(typed, data) {
  const text = withoutScannerPrefix(typed);
  const code = alphanumeric(text);
  const payload = await verified([code], data.keys) ?? await verified(layoutVariants(text, data.layouts), data.keys);
  return payload?.ticket ?? data.ticketOfCode(code)?.id;
}

/** The payload of the first of these QR texts whose signature is valid. */
async function verified(texts, keys) {
  for (const payload of texts.map(decode)) {
    const known = payload && keys.get(payload.kid);
    if (known && await isSignedBy(payload, known.key)) return payload;
  }
  return undefined;
}

function refusalOfText(text, keys) {
  if (!isFragment(pressedCharacters(text))) return "garbled";
  const payload = decode(alphanumeric(text));
  if (!payload) return "cut";
  return keys.has(payload.kid) ? "forged" : "unknown_key";
}

function ofCode(code, data, place, now) {
  if (isOrderCode(code)) return { verdict: "order_code" };
  if (!isTicketCode(code)) return { verdict: "unknown" };
  const ticket = data.ticketOfCode(code);
  return ticket ? ofTicket(ticket, undefined, data, place, now) : { verdict: "unknown_code" };
}

function ofTicket(ticket, payload, data, place, now) {
  const screening = data.screening(ticket?.screening ?? payload.screening);
  const own = data.admission(ticket?.id ?? payload.ticket);
  const elsewhere = screening ? undefined : data.elsewhere(payload?.screening);
  const about = { ticket, payload, screening, elsewhere, own };
  const refusal = refusalOf(about, data, place, now);
  if (refusal) return { ...about, verdict: refusal };
  return { ...about, verdict: ticket?.state === "o" ? "readmitted" : "admitted" };
}

/** Why the ticket admits nobody here and now; undefined if it does. */
function refusalOf({ ticket, payload, screening, elsewhere, own }, data, place, now) {
  if (own || ticket?.state === "a") return "already";
  if (screening?.called_off) return "called_off";
  if (ticket?.state === "r") return "revoked";
  if (payload && (data.keys.get(payload.kid).blocked || payload.revision < (ticket?.revision ?? 0))) return "replaced";
  const hasData = !place.site || place.site === data.site;
  const isHere = screening && hasData;
  if (elsewhere && hasData) return refusalElsewhere(elsewhere, data, now);
  if (isHere && admitsNow(screening, place, now)) return undefined;
  if (!isHere || screening.day !== cinemaDay(now, data.zone)) return "not_here";
  if (place.screening && place.screening !== screening.id) return "other_screening";
  return now < Date.parse(screening.starts) ? "too_early" : "over";
}

function refusalElsewhere({ site, day }, data, now) {
  if (site !== data.site) return "other_cinema";
  return day < cinemaDay(now, data.zone) ? "past_day" : "other_day";
}

function admitsNow(screening, place, now) {
  const isInTime = place.screening ? place.screening === screening.id : now <= Date.parse(screening.ends);
  return isInTime && now >= Date.parse(screening.opens);
}

/** The cinema day of a moment, as `2026-11-29`. */
export function cinemaDay(moment, zone) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(moment - DAY_STARTS_AT_MS);
}
