// Shares by the device's own sheet; where it has none, copies words and address, and says so on the button and aloud.
import { announce, onElements } from "./behaviour.js";
import { copyText } from "./copy.js";

const SHOWN_MS = 2500;

onElements("[data-share]", (button) => {
  const { title, text, url, copied } = button.dataset;
  const label = button.querySelector("span");
  const words = label.textContent;
  let timer;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (navigator.share) {
      try {
        await navigator.share({ title, text, url });
        return;
      } catch (error) {
        if (error.name === "AbortError") return; // closed without choosing anybody
      }
    }
    if (!(await copyText(`${text} ${url}`))) return;
    label.textContent = copied;
    announce(copied);
    clearTimeout(timer);
    timer = setTimeout(() => { label.textContent = words; }, SHOWN_MS);
  });
});
