// Values kept in this tab only. A browser that refuses storage (private window, full disk) keeps nothing, and the page
// works without it.
export function store(key, value) {
  try {
    if (value) sessionStorage.setItem(key, JSON.stringify(value));
    else sessionStorage.removeItem(key);
  } catch { /* the value is not kept */ }
}

export function load(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}
