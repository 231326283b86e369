// Shares the page by the device's share sheet. Without one it copies text and address; the button shows that, and
// screen readers announce it.
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
        if (error.name === "AbortError") return; // the customer closed the sheet
      }
    }
    if (!(await copyText(`${text} ${url}`))) return;
    label.textContent = copied;
    announce(copied);
    clearTimeout(timer);
    timer = setTimeout(() => { label.textContent = words; }, SHOWN_MS);
  });
});
