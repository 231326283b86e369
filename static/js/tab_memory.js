// What waits in this tab, and in no other place. A browser that refuses to remember (private windows, full disks) only
// loses the comfort.
export function remember(place, value) {
  try {
    if (value) sessionStorage.setItem(place, JSON.stringify(value));
    else sessionStorage.removeItem(place);
  } catch { /* the comfort is gone */ }
}

export function recall(place) {
  try {
    return JSON.parse(sessionStorage.getItem(place));
  } catch {
    return null;
  }
}
