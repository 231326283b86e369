// Tries of tickets that this device decides itself. An admission is on the disk before its verdict is known.
import { decide } from "./door_offline_verdict.js";
import * as store from "./door_store.js";

/** The codes in a text: several that came in one go are separated by Tab or Enter. */
const codesIn = (text) => [...new Set(text.split(/[\t\r\n]+/).filter((one) => one.trim()))];

/**
 * Tries all codes of a scan, {text, nonce}, at `place` and `gate`. Resolves to the answers of `decide`. Rejects if the
 * disk takes nothing: then nobody is let in.
 */
export async function tryAll({ text, nonce }, data, place, gate) {
  const answers = [];
  for (const code of codesIn(text)) {
    answers.push(await tryOne(code, answers.length ? crypto.randomUUID() : nonce, data, place, gate));
  }
  return answers;
}

async function tryOne(code, nonce, data, place, gate) {
  const found = await decide(code, data, place, data.now);
  if (!["admitted", "readmitted"].includes(found.verdict)) return found;
  const at = data.now;
  const admission = { ticket: found.ticket?.id ?? found.payload.ticket, at, gate, nonce, isKnown: false };
  const before = await store.record({
    nonce,
    gate,
    text: code.trim(),
    at: new Date(at).toISOString(),
    account: data.meta.account.id,
    place: place.screening ? `screening-${place.screening}` : `cinema-${place.site ?? data.site}`,
    verdict: "admitted",
  }, admission);
  data.addAdmission(before ?? admission);
  return before ? { ...found, verdict: "already", own: before } : found;
}
