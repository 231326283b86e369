// The sounds and vibrations of the door's verdicts, so that staff need not look at the screen: one high tone = in, two low = already
// in, low-high = elsewhere, one long low = refused. The device remembers whether they are off.
import { onElements } from "./behaviour.js";

const HIGH = 1047;
const LOW = 262;
const NOTES = { // hertz, start and length in seconds
  in: [[HIGH, 0, 0.16]],
  already: [[LOW, 0, 0.14], [LOW, 0.22, 0.14]],
  elsewhere: [[LOW, 0, 0.16], [HIGH, 0.2, 0.16]],
  refused: [[LOW * 0.75, 0, 0.8]],
};
const SHAKES = { in: [60], already: [80, 80, 80], elsewhere: [80, 80, 200], refused: [600] }; // milliseconds: on, off, on
const SILENT = "door-silent";
let speaker;

onElements("[data-mute]", (button) => {
  const show = () => {
    const silent = localStorage.getItem(SILENT) === "yes";
    button.querySelector("[data-sound-on]").hidden = silent;
    button.querySelector("[data-sound-off]").hidden = !silent;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    localStorage.setItem(SILENT, localStorage.getItem(SILENT) === "yes" ? "no" : "yes");
    show();
    play("in");
  });
  show();
});

document.addEventListener("door:verdict", (event) => {
  navigator.vibrate?.(SHAKES[event.detail] ?? []);
  play(event.detail);
});

function play(kind) {
  if (localStorage.getItem(SILENT) === "yes" || !NOTES[kind]) return;
  speaker ??= new AudioContext();
  speaker.resume();
  for (const [hertz, after, lasts] of NOTES[kind]) {
    const begin = speaker.currentTime + after;
    const tone = speaker.createOscillator();
    const loud = speaker.createGain();
    tone.type = "triangle";
    tone.frequency.value = hertz;
    loud.gain.setValueAtTime(0.6, begin);
    loud.gain.setTargetAtTime(0, begin + lasts - 0.03, 0.01); // fade out, or the tone ends with a click
    tone.connect(loud).connect(speaker.destination);
    tone.start(begin);
    tone.stop(begin + lasts + 0.05);
  }
}
