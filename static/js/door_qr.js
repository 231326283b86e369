// The text of a ticket's QR code (app/tickets/qr.py), and its signature: Ed25519 by the browser's own WebCrypto.
const PREFIX = "BIL1";
const PAYLOAD_BYTES = 28;
const SIGNATURE_BYTES = 64;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const QR_LENGTH = PREFIX.length + Math.ceil(((PAYLOAD_BYTES + SIGNATURE_BYTES) * 8) / 5);

export const hasPrefix = (text) => text.startsWith(PREFIX);

/** Whether the text has our prefix and, after it, only characters of our QR codes. */
export const isFragment = (text) => hasPrefix(text) && /^[A-Z2-7]*$/.test(text.slice(PREFIX.length));

/** What a whole QR text says, not yet verified; undefined for a text that is incomplete or no QR text of ours. */
export function decode(text) {
  if (!isFragment(text) || text.length !== QR_LENGTH) return undefined;
  const packed = unpacked(text.slice(PREFIX.length));
  const numbers = new DataView(packed.buffer);
  const signed = new Uint8Array(PREFIX.length + PAYLOAD_BYTES);
  signed.set(new TextEncoder().encode(PREFIX));
  signed.set(packed.subarray(0, PAYLOAD_BYTES), PREFIX.length);
  return {
    kid: numbers.getUint16(0),
    ticket: base64Url(packed.subarray(2, 18)),
    screening: numbers.getUint32(18),
    seat: numbers.getUint32(22),
    proof: numbers.getUint8(26),
    revision: numbers.getUint8(27),
    signed,
    signature: packed.slice(PAYLOAD_BYTES, PAYLOAD_BYTES + SIGNATURE_BYTES),
  };
}

/** Whether `key`, a CryptoKey, made the payload's signature. */
export const isSignedBy = (payload, key) => crypto.subtle.verify("Ed25519", key, payload.signature, payload.signed);

/** The CryptoKey of a public key: base64 of its 32 bytes. Throws where the browser does not know Ed25519. */
export const publicKey = (base64) =>
  crypto.subtle.importKey("raw", Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)), "Ed25519", false, ["verify"]);

/** Whether this browser can check signatures: not in old ones, and only behind TLS or on localhost. */
export async function canVerify() {
  try {
    await publicKey(btoa("\x00".repeat(31) + "\x01"));
    return true;
  } catch {
    return false;
  }
}

function unpacked(body) {
  const bytes = new Uint8Array(Math.floor((body.length * 5) / 8));
  let [bits, count, at] = [0, 0, 0];
  for (const char of body) {
    bits = (bits << 5) | BASE32.indexOf(char);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes[at] = bits >> count;
    at += 1;
    bits &= (1 << count) - 1;
  }
  return bytes;
}

function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
