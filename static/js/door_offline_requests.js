// The scans that htmx sends to the server, on a device that works without network: each gets a number (nonce), and
// those without an answer go to the device.

/**
 * Watches the scan form. `door` has: patience(), how long to wait for the server's verdict (`1s`); isOnline();
 * isUsable(), whether there is data to decide by; lost(), no server was found; answer(scan), decide {text, nonce} here;
 * wait(), show the waiting page; decided(scan), the server answered.
 */
export function watchScans(form, door, signal) {
  const tries = new WeakMap(); // htmx's request → {text, nonce}

  form.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    const scan = { text: String(ctx.request.body.get("code")), nonce: crypto.randomUUID() };
    tries.set(ctx, scan);
    ctx.request.body.set("nonce", scan.nonce);
    if (door.isUsable()) ctx.request.timeout = door.patience();
  }, { signal });
  form.addEventListener("htmx:before:request", (event) => {
    if (door.isOnline() || !door.isUsable()) return;
    event.preventDefault();
    door.answer(tries.get(event.detail.ctx));
  }, { signal });
  form.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (tries.has(ctx)) door.decided(tries.get(ctx));
  }, { signal });

  const withoutAnswer = (event) => {
    const { ctx } = event.detail;
    if (!ctx || !door.isUsable() || (ctx.response && ctx.response.status < 500)) return;
    const isNext = ctx.sourceElement?.closest?.("#_actions");
    if (!isNext && !tries.has(ctx)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // door.js would say that nobody answers
    door.lost();
    if (isNext) door.wait();
    else door.answer(tries.get(ctx));
  };
  document.addEventListener("htmx:error", withoutAnswer, { capture: true, signal });
  document.addEventListener("htmx:before:swap", withoutAnswer, { capture: true, signal });
}
