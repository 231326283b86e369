// A navigation keypad may have no more than arrows and Enter. Up and down move the focus where they have no meaning of
// their own; in a group of radio buttons left and right choose, so that up and down can leave it. Enter ticks a box
// instead of sending its form.

const FOCUSABLE = "a[href], button, input, select, textarea, summary";
const HAS_ARROWS = "input[type=range], select, textarea";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  const { target, key } = event;
  if (key === "Enter" && target.matches("input:is([type=checkbox], [type=radio])")) {
    event.preventDefault();
    target.click();
  } else if ((key === "ArrowDown" || key === "ArrowUp") && !target.matches(HAS_ARROWS)) {
    event.preventDefault();
    move(key === "ArrowDown" ? 1 : -1);
  }
});

function move(step) {
  const inside = document.querySelector("dialog[open]") ?? document;
  const places = [...inside.querySelectorAll(FOCUSABLE)].filter(isReachable);
  const at = places.indexOf(document.activeElement);
  const start = at < 0 && step < 0 ? 0 : at;
  places[(start + step + places.length) % places.length]?.focus();
}

// One radio button of a group is in the tab order: the chosen one.
function isReachable(element) {
  if (element.disabled || element.tabIndex < 0 || element.type === "hidden" || !element.checkVisibility({ visibilityProperty: true })) return false;
  if (element.type !== "radio" || element.checked) return true;
  const group = [...document.querySelectorAll(`input[type=radio][name="${element.name}"]`)];
  return group[0] === element && !group.some((one) => one.checked);
}
