// More time without leaving the page: what is typed stays. Without a script the button sends the step's form along, and
// the page comes back as it was filled in.
import { announce, onElements } from "./behaviour.js";

const SHOWN_MS = 20_000;

onElements("form[data-extension]", (form, signal) => {
  const button = form.querySelector("button");
  const label = document.querySelector("[data-countdown-label]");
  const shown = form.closest(".wrap").querySelector("span");
  const say = (words) => { shown.textContent = words; announce(words); };

  button.addEventListener("click", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      // No clock: somebody signed in meanwhile, for example. The server's own page says what to do.
      if (!answer.headers.get("Content-Type")?.includes("json")) return button.form.requestSubmit(button);
      const clock = await answer.json();
      document.dispatchEvent(new CustomEvent("countdown:moved", { detail: clock }));
      if (answer.ok) {
        announce(form.dataset.done);
        show(label, form.dataset.more);
      }
      else say(form.dataset.refused);
      if (!clock.more) form.remove();
      // The button went, or its bar did: whoever pressed it goes on where the page begins.
      document.getElementById("main")?.focus({ preventScroll: true });
    } catch {
      say(form.dataset.failed);
    }
    button.disabled = false;
  }, { signal });
});

// What was won stands by the clock for a while, in the place of its words.
function show(label, words) {
  const usual = label.textContent;
  label.textContent = words;
  label.classList.add("more");
  setTimeout(() => { label.textContent = usual; label.classList.remove("more"); }, SHOWN_MS);
}
