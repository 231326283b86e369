// The header, the bar, a notice over it and the row of modes stick to the edges of a page that scrolls under them. By keys
// the focus may come to stand under one of them: then the page scrolls on until the whole of it is seen.

const AT_TOP = ".where";
const AT_BOTTOM = ".foot, .news > :not([hidden]), .access";
const ROOM = 8; // px: the outline of the focus

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches(":focus-visible") || target.closest(`${AT_TOP}, ${AT_BOTTOM}, dialog`)) return;
  const scroller = scrollerOf(target);
  if (!scroller) return;
  const box = boxOf(target);
  const seen = seenPart(scroller, box);
  const below = box.bottom + ROOM - seen.bottom;
  const above = box.top - ROOM - seen.top;
  const by = above < 0 ? above : Math.min(Math.max(below, 0), above);
  scroller.scrollBy({ top: by, behavior: "instant" });
});

// A box or radio button that the styles hide is seen by its label.
function boxOf(element) {
  const label = element.matches("[type=radio], [type=checkbox]") && element.labels[0];
  return (label || element).getBoundingClientRect();
}

function scrollerOf(element) {
  for (let one = element.parentElement; one; one = one.parentElement) {
    if (one.scrollHeight > one.clientHeight && ["auto", "scroll"].includes(getComputedStyle(one).overflowY)) return one;
  }
  return null;
}

// The part of the scroller that nothing covers in the columns of the box.
function seenPart(scroller, box) {
  let { top, bottom } = scroller.getBoundingClientRect();
  const over = (selector) => [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect())
    .filter((one) => one.height && one.left < box.right && one.right > box.left);
  for (const one of over(AT_TOP)) if (one.top <= top) top = Math.max(top, one.bottom);
  for (const one of over(AT_BOTTOM)) bottom = Math.min(bottom, one.top);
  return { top, bottom };
}
