// No context menu after a long touch and no link to drag away: Chromium has no policy for either.
for (const name of ["contextmenu", "dragstart"]) {
  document.addEventListener(name, (event) => event.preventDefault());
}
