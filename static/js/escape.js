// Esc closes an open menu or the question about seats and returns the focus to the element before it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const menu = document.querySelector("details.menu[open], details.chooser[open]");
  if (menu) {
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
    return;
  }
  const question = document.getElementById("sheet");
  if (!question) return;
  question.remove();
  const seats = [...document.querySelectorAll("form[data-seats] input[name=seat]:not(:disabled)")].filter((box) => box.checkVisibility());
  (seats.find((box) => box.checked) ?? seats.find((box) => box.tabIndex === 0))?.focus();
});
