// A page that came without the server has no tokens: when the server is back, its forms get those of a new page.
const PATIENCE_MS = 4000;

/** Fetches the tokens from the page at `address`. Throws without an answer; goes there if it leads to the sign-in. */
export async function fetchTokens(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error("no page");
  if (answer.redirected) {
    location.assign(address);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("input[name=csrf_token]").value;
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
}
