// Tells the print agent of this machine that the page lives and is in sight, and keeps what it says of the printer.
// A page that is silent for half a minute is taken for hung: the machine starts its browser again.
import { onElements } from "./behaviour.js";
import { poll } from "./polling.js";

const INTERVAL_MS = 5_000;
const LIMIT_MS = 5_000;

let state = Promise.resolve({});

/** Resolves to what the machine said last: `version`, `printer`, `paper`; empty if it does not answer. */
export function machineState() { return state; }

onElements("[data-agent]", (element, signal) => {
  const { agent: address, agentSecret: secret } = element.dataset;
  const ask = (method, path, body) => fetch(address + path, {
    method,
    headers: { Authorization: `Bearer ${secret}`, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const isStranger = (answer) => answer.status === 401 || answer.status === 409;
  let keep;
  state = new Promise((resolve) => {
    keep = (found) => {
      resolve(found);
      state = Promise.resolve(found);
    };
  });
  const report = async () => {
    try {
      let answer = await ask("POST", "/alive");
      if (secret && isStranger(answer) && (await ask("PUT", "/pairing", { secret })).ok) {
        answer = await ask("POST", "/alive");
      }
      const { version, printer, paper } = await answer.json();
      keep(answer.ok ? { version, printer, paper } : {});
      return undefined;
    } catch {
      keep({});
      return 0;
    }
  };
  const beats = poll(report, INTERVAL_MS);
  beats.start();
  beats.now();
  document.addEventListener("visibilitychange", () => beats.now(), { signal });
  signal.addEventListener("abort", () => beats.stop());
});
