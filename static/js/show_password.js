// A button shows and hides a password. It is hidden before the form is sent, so that browsers offer to save it.
import { onElements } from "./behaviour.js";

onElements("[data-show-password]", (button) => {
  const field = document.getElementById(button.dataset.showPassword);
  const [words] = button.childNodes;
  const show = words.data;

  const turn = (visible) => {
    field.type = visible ? "text" : "password";
    words.data = visible ? button.dataset.hide : show;
    for (const name of ["autocapitalize", "autocorrect"]) field.setAttribute(name, "off");
    field.spellcheck = false;
  };
  button.hidden = false;
  button.addEventListener("click", () => turn(field.type === "password"));
  field.form.addEventListener("submit", () => turn(false));
  window.addEventListener("pagehide", () => turn(false));
});
