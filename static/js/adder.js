// The button "Add": it adds the first piece and the stepper replaces it until the quantity is 0 again. Without scripts
// the button sends the form.
import { onElements } from "./behaviour.js";

onElements("[data-adder]", (adder, signal) => {
  const add = adder.querySelector("button[name=add]");
  const input = adder.querySelector("input");
  const show = () => {
    const focused = adder.contains(document.activeElement);
    const none = !(Number(input.value) > 0);
    if (adder.classList.contains("none") === none) return;
    adder.classList.toggle("none", none);
    if (focused) (none ? add : adder.querySelector("[data-step='1']")).focus();
  };
  add.addEventListener("click", (event) => {
    event.preventDefault();
    input.value = 1;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, { signal });
  input.addEventListener("change", show, { signal });
  // The back button may restore an earlier quantity.
  window.addEventListener("pageshow", show, { signal });
});
