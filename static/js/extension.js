// The button for more time: extends the hold without leaving the page, so that what is typed stays. Without scripts the
// button sends the step's form, and the answer is the page as it was filled in.
import { announce, onElements } from "./behaviour.js";
import { limitedFetch } from "./limited_fetch.js";

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
      const answer = await limitedFetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      // The answer is no clock, for example because the customer signed in in another tab: show the server's page.
      if (!answer.headers.get("Content-Type")?.includes("json")) return button.form.requestSubmit(button);
      const clock = await answer.json();
      document.dispatchEvent(new CustomEvent("countdown:moved", { detail: clock }));
      if (answer.ok) {
        announce(form.dataset.done);
        show(label, form.dataset.more);
      }
      else say(form.dataset.refused);
      if (!clock.more) form.remove();
      // The pressed button was removed: move the focus to the start of the page.
      document.getElementById("main")?.focus({ preventScroll: true });
    } catch {
      say(form.dataset.failed);
    }
    button.disabled = false;
  }, { signal });
});

// The added time replaces the clock's label for a while.
function show(label, words) {
  const usual = label.textContent;
  label.textContent = words;
  label.classList.add("more");
  setTimeout(() => { label.textContent = usual; label.classList.remove("more"); }, SHOWN_MS);
}
