// Spoken guidance: the live regions of the page, as a screen reader would say them: seats and total, errors, the time
// that runs out, what the bank says. A region that is urgent interrupts.
import { isListening, say } from "./kiosk_voice.js";
import { textOf } from "./kiosk_spoken_text.js";

const LIVE = "[aria-live=polite], [aria-live=assertive], [role=alert], [role=status]";
const URGENT = "[aria-live=assertive], [role=alert]";
const TOGETHER_MS = 150; // one touch changes the total and the seats in several steps

const known = new WeakMap();
let timer;
let page = document.getElementById("page");

new MutationObserver(() => {
  clearTimeout(timer);
  timer = setTimeout(tell, TOGETHER_MS);
}).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["hidden"] });

function tell() {
  const regions = [...document.querySelectorAll(LIVE)].filter((one) => !one.parentElement.closest(LIVE));
  const isSamePage = page === document.getElementById("page");
  page = document.getElementById("page"); // a new page is introduced as a whole
  const changed = regions.filter((one) => remember(one) && isSamePage);
  if (!isListening()) return;
  for (const isUrgent of [true, false]) {
    const texts = changed.filter((one) => one.matches(URGENT) === isUrgent).map(textOf).filter(Boolean);
    if (texts.length) say([...new Set(texts)], { after: !isUrgent });
  }
}

/** Whether the text differs from what was there before; a region that comes with the page is no news. */
function remember(region) {
  const text = textOf(region);
  const before = known.get(region) ?? "";
  known.set(region, text);
  return text !== before;
}

tell();
