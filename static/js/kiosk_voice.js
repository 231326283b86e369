// The voice of the spoken guidance: the browser's speech synthesis. It speaks while the visit has the mode "listen".
import { load, store } from "./tab_storage.js";

const KEY = "voice"; // ends with the visit, as all of the tab's storage does
const RATES = [0.7, 0.85, 1, 1.25, 1.5, 1.8];
const VOLUMES = [0.25, 0.5, 0.75, 1];
const NORMAL = { rate: RATES.indexOf(1), volume: VOLUMES.indexOf(0.75) };

const voices = new Map(); // by language: an installed kiosk has thousands of voices
const unfinished = new Set(); // keeps the utterances: Chromium forgets those that nobody refers to
let last = [];

export const isListening = () => "listen" in document.documentElement.dataset && "speechSynthesis" in window;

/**
 * Says the texts one after another and keeps them for repeat(). It interrupts what is being said, or with `after` waits
 * for its end; a text that is still to be said is not said twice. `isKept` false: repeat() says the texts before.
 */
export function say(texts, { after = false, isKept = true } = {}) {
  const said = texts.filter(Boolean);
  if (!isListening() || !said.length) return;
  if (!after) hush();
  if (isKept) last = after && unfinished.size ? [...last, ...said] : said;
  const waiting = new Set([...unfinished].map((one) => one.text));
  for (const text of said) if (!waiting.has(text)) speak(text);
}

export function hush() {
  unfinished.clear();
  window.speechSynthesis?.cancel();
}

export function repeat() { say(last); }

/** Moves "rate" or "volume" by `step` places in its list. */
export function change(name, step) {
  const places = settings();
  const most = (name === "rate" ? RATES : VOLUMES).length - 1;
  store(KEY, { ...places, [name]: Math.min(most, Math.max(0, places[name] + step)) });
}

export const hasVoice = () => (window.speechSynthesis?.getVoices() ?? []).length > 0;

const settings = () => ({ ...NORMAL, ...load(KEY) });

function speak(text) {
  const language = document.documentElement.lang;
  const { rate, volume } = settings();
  const utterance = new SpeechSynthesisUtterance(text);
  Object.assign(utterance, { lang: language, rate: RATES[rate], volume: VOLUMES[volume] });
  const voice = voiceFor(language);
  if (voice) utterance.voice = voice;
  for (const name of ["end", "error"]) utterance.addEventListener(name, () => unfinished.delete(utterance));
  unfinished.add(utterance);
  speechSynthesis.speak(utterance);
}

// A voice of the same country, else of the same language.
function voiceFor(language) {
  if (voices.has(language)) return voices.get(language);
  const code = (voice) => voice.lang.replace("_", "-").toLowerCase();
  const wanted = language.toLowerCase();
  const all = speechSynthesis.getVoices();
  const found = all.find((voice) => code(voice) === wanted) ?? all.find((voice) => code(voice).split("-")[0] === wanted.split("-")[0]);
  if (found) voices.set(language, found);
  return found;
}
