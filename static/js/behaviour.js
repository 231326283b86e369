// Runs `start` once for each element that matches, now and whenever htmx brings new markup.
export function onElements(selector, start) {
  const seen = new WeakSet();
  const sweep = () => {
    for (const element of document.querySelectorAll(selector)) {
      if (seen.has(element)) continue;
      seen.add(element);
      start(element);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", sweep);
  // Not at once: what the calling module declares further down is not there yet.
  else queueMicrotask(sweep);
  for (const name of ["htmx:after:swap", "htmx:load"]) document.addEventListener(name, sweep);
}

/** Speaks a sentence through the page's polite live region, made on first use. */
export function announce(text) {
  let voice = document.getElementById("voice");
  if (!voice) {
    voice = document.createElement("p");
    voice.id = "voice";
    voice.className = "hidden-visually";
    voice.setAttribute("aria-live", "polite");
    document.body.append(voice);
  }
  // Emptied first, so that the same sentence twice is heard twice.
  voice.textContent = "";
  setTimeout(() => { voice.textContent = text; }, 60);
}
