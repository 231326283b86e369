// The controls of the spoken guidance: repeat, slower and faster, softer and louder. The key * repeats, too, except in
// a field for text. The guidance begins when a headset is plugged in and ends when it is pulled out.
import { onElements } from "./behaviour.js";
import { change, hasVoice, isListening, repeat } from "./kiosk_voice.js";

const STEPS = { slower: ["rate", -1], faster: ["rate", 1], softer: ["volume", -1], louder: ["volume", 1] };
const PLUGGED_IN = "F15"; // the keys that navigation keypads with a socket send
const PULLED_OUT = "F16";
const VOICES_MS = 12_000; // the browser lists its voices some seconds after the page has opened

onElements("[data-voice-controls]", (controls, signal) => {
  controls.addEventListener("click", ({ target }) => {
    const name = target.closest("[data-voice]")?.dataset.voice;
    if (!name) return;
    if (STEPS[name]) change(...STEPS[name]);
    repeat();
  }, { signal });
});

onElements("[data-no-voice]", (notice, signal) => {
  const show = () => { notice.hidden = !isListening() || hasVoice(); };
  const wait = () => setTimeout(show, VOICES_MS);
  document.addEventListener("kiosk:mode", wait, { signal });
  window.speechSynthesis?.addEventListener("voiceschanged", () => { if (hasVoice()) show(); }, { signal });
  wait();
});

document.addEventListener("keydown", (event) => {
  if (event.code === PLUGGED_IN) listen(true);
  else if (event.code === PULLED_OUT) listen(false);
  else if (event.key === "*" && !event.target.matches("input:is([type=text], [type=email], [type=tel]), textarea")) repeat();
});

let outputs;
const count = async () => {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "audiooutput").length;
};
const look = async () => {
  const now = await count();
  if (now !== outputs) listen(now > outputs);
  outputs = now;
};
if (navigator.mediaDevices?.enumerateDevices) {
  count().then((now) => { outputs = now; }, () => {});
  navigator.mediaDevices.addEventListener("devicechange", () => look().catch(() => {}));
}

function listen(isOn) {
  const button = document.querySelector("[name=toggle][value=listen]");
  if (button && isListening() !== isOn) button.form.requestSubmit(button);
}
