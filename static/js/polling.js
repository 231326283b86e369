// Polls the server at an interval, with a growing pause while requests fail. Each pause has some jitter, so that pages
// that failed together do not return together.

const MAX_PAUSE_MS = 15_000;
const MAX_RETRY_AFTER_MS = 60_000;

/** `ms` with jitter: up to a quarter less or more. */
export function jittered(ms) {
  return ms * (0.75 + Math.random() / 2);
}

/** The milliseconds in the answer's Retry-After; 0 without one. */
export function retryAfter(answer) {
  return Math.min((Number(answer.headers.get("Retry-After")) || 0) * 1000, MAX_RETRY_AFTER_MS);
}

/**
 * Calls `ask` every `interval` milliseconds from start() to stop(), while the page is visible. `ask` resolves to
 * undefined after an answer, else to the shortest pause (in milliseconds) before the next try.
 */
export function poll(ask, interval) {
  let timer;
  let running = false;
  let busy = false;
  let pause = interval;

  const next = (least = 0) => {
    clearTimeout(timer);
    if (running) timer = setTimeout(go, Math.max(jittered(pause), least * (1 + Math.random() / 4)));
  };
  const go = async () => {
    clearTimeout(timer);
    if (!running || busy || document.hidden) return;
    busy = true;
    const least = await ask();
    busy = false;
    pause = least === undefined ? interval : Math.min(pause * 2, MAX_PAUSE_MS);
    next(least);
  };
  return {
    isRunning: () => running,
    start() {
      if (running) return;
      running = true;
      pause = interval;
      next();
    },
    stop() {
      running = false;
      clearTimeout(timer);
    },
    every(ms) { interval = ms; },
    now: go, // also resumes after the page was hidden
  };
}
