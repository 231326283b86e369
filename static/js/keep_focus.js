// When htmx removes the focused element, the focus goes to the page's main part instead of the document's start.
let focused = false;
document.addEventListener("htmx:before:swap", () => { focused = document.activeElement !== document.body; });
document.addEventListener("htmx:after:swap", () => {
  if (focused && document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
});
