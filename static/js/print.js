// A button that prints the page. Without scripts it stays hidden: the browser's menu prints too.
import { onElements } from "./behaviour.js";

onElements("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
