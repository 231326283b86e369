// A button that prints the page; without scripts the browser's own menu does.
import { onElements } from "./behaviour.js";

onElements("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
