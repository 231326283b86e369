// Asking the server again and again: as often as people expect while answers come, more and more rarely while they
// fail. Each pause differs a little, so that pages that failed together do not come back together.

const LONGEST_MS = 15_000;
const LONGEST_TOLD_MS = 60_000; // by an answer that says when to come back

/** About `ms`: up to a quarter less or more. */
export function about(ms) {
  return ms * (0.75 + Math.random() / 2);
}

/** The milliseconds for which an answer wants to be left alone. */
export function leftAlone(answer) {
  return Math.min((Number(answer.headers.get("Retry-After")) || 0) * 1000, LONGEST_TOLD_MS);
}

/**
 * Calls `ask` every `usual` milliseconds from start() to stop(), while the page is seen. It resolves to undefined where
 * an answer came, else to the least pause that follows.
 */
export function asking(ask, usual) {
  let timer;
  let running = false;
  let busy = false;
  let pause = usual;

  const next = (least = 0) => {
    clearTimeout(timer);
    if (running) timer = setTimeout(go, Math.max(about(pause), least * (1 + Math.random() / 4)));
  };
  const go = async () => {
    clearTimeout(timer);
    if (!running || busy || document.hidden) return;
    busy = true;
    const least = await ask();
    busy = false;
    pause = least === undefined ? usual : Math.min(pause * 2, LONGEST_MS);
    next(least);
  };
  return {
    isRunning: () => running,
    start() {
      if (running) return;
      running = true;
      pause = usual;
      next();
    },
    stop() {
      running = false;
      clearTimeout(timer);
    },
    every(ms) { usual = ms; },
    now: go, // also where it fell silent because nobody looked
  };
}
