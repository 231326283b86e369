// Where a part that came by htmx left nothing of what had the focus, it goes to the page's main part, not to its top.
let focused = false;
document.addEventListener("htmx:before:swap", () => { focused = document.activeElement !== document.body; });
document.addEventListener("htmx:after:swap", () => {
  if (focused && document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
});
