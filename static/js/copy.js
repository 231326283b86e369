// Copies the text of the element that data-copy names; the button shows that, and screen readers announce it.
import { announce, onElements } from "./behaviour.js";

const SHOWN_MS = 2500;

onElements("[data-copy]", (button, signal) => {
  const label = button.textContent;
  let timer;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    const text = (source?.value ?? source?.textContent ?? "").trim();
    if (!(await copy(text, source))) return;
    button.textContent = button.dataset.copied ?? label;
    announce(button.textContent);
    clearTimeout(timer);
    timer = setTimeout(() => { button.textContent = label; }, SHOWN_MS);
  }, { signal });
});

/** Copies `text`, which is not on the page. Returns whether it succeeded. */
export async function copyText(text) {
  const source = document.createElement("textarea");
  source.value = text;
  source.className = "hidden-visually";
  document.body.append(source);
  const focused = document.activeElement;
  const done = await copy(text, source);
  source.remove();
  focused?.focus();
  return done;
}

async function copy(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard without TLS: select the text, so that the customer can copy it by hand.
    source?.focus();
    if (source?.select) source.select();
    else if (source) getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
