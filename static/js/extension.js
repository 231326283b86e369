// More time without leaving the page: what is typed stays. Without a script the form does the same, with a reload.
import { announce, onElements } from "./behaviour.js";

onElements("form[data-extension]", (form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      const clock = await answer.json();
      document.dispatchEvent(new CustomEvent("countdown:moved", { detail: clock }));
      if (answer.ok) announce(form.dataset.done);
      if (!clock.more) form.remove();
    } catch {
      location.reload();
    }
    button.disabled = false;
  });
});
