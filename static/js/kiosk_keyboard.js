// A keyboard on the screen for a field in which an e-mail is typed in (its id is in data-keyboard). Its keys are buttons,
// so that they work by touch and from a real keyboard; the text goes in at the caret, and the focus stays where it is.
import Keyboard from "simple-keyboard/build/index.modern.js";
import { onElements } from "./behaviour.js";

const ROWS = [
  "1 2 3 4 5 6 7 8 9 0",
  "q w e r t y u i o p",
  "a s d f g h j k l -",
  "z x c v b n m _ . @",
  "@gmail.com @hotmail.com .com .com.br {bksp}",
];

onElements("[data-keyboard]", (place, signal) => {
  const field = document.getElementById(place.dataset.keyboard);
  const names = Object.entries(JSON.parse(place.dataset.names));

  field.setSelectionRange(field.value.length, field.value.length); // the browser puts it before a text that is shown again

  const press = (key) => {
    const { selectionStart: start, selectionEnd: end, maxLength } = field;
    if (key === "{bksp}") field.setRangeText("", start === end ? Math.max(0, start - 1) : start, end, "end");
    else if (field.value.length - (end - start) + key.length <= maxLength) field.setRangeText(key, start, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const keyboard = new Keyboard(place, {
    layout: { default: ROWS },
    display: { "{bksp}": place.dataset.delete },
    buttonAttributes: names.map(([buttons, value]) => ({ attribute: "aria-label", value, buttons })),
    theme: "keyboard",
    useButtonTag: true,
    useMouseEvents: true, // a click comes from a finger and from the Enter key
    preventMouseDownDefault: true, // the focus stays in the field
    onKeyPress: press,
  });
  signal.addEventListener("abort", () => keyboard.destroy());
});
