// "Add" puts the first one in and gives its place to the stepper; at none it is back. Without a script it sends the form.
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
  // Coming back, the browser may have put in what was chosen before.
  window.addEventListener("pageshow", show, { signal });
});
