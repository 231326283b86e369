// Sends the print agent of this machine a heartbeat while the page is in sight, and keeps what it says of the printer.
// A page that is silent for half a minute is taken for hung: the machine starts its browser again.
import { onElements } from "./behaviour.js";
import { poll } from "./polling.js";

const INTERVAL_MS = 5_000;
const LIMIT_MS = 5_000;

let state = Promise.resolve({});

/** Resolves to what the machine said last: `version`, `printer`, `paper`; empty if it does not answer. */
export function machineState() { return state; }

/**
 * Asks the agent, and pairs it if it does not know this page's secret. Resolves to the fields of its answer and `ok`;
 * undefined without an agent, or without an answer in `limit` milliseconds.
 */
export async function askAgent(method, path, body, limit = LIMIT_MS) {
  const { agent: address, agentSecret: secret } = document.querySelector("[data-agent]").dataset;
  const send = async (verb, place, content) => {
    const answer = await fetch(address + place, {
      method: verb,
      headers: { Authorization: `Bearer ${secret}`, ...(content && { "Content-Type": "application/json" }) },
      body: content && JSON.stringify(content),
      signal: AbortSignal.timeout(limit),
    });
    return { ...await answer.json(), ok: answer.ok };
  };
  try {
    const answer = await send(method, path, body);
    const isStranger = answer.error === "secret" || answer.error === "not_paired";
    if (!secret || !isStranger || !(await send("PUT", "/pairing", { secret })).ok) return answer;
    return await send(method, path, body);
  } catch {
    return undefined;
  }
}

onElements("[data-agent]", (element, signal) => {
  let keep;
  state = new Promise((resolve) => {
    keep = (found) => {
      resolve(found);
      state = Promise.resolve(found);
    };
  });
  const report = async () => {
    const answer = await askAgent("POST", "/heartbeat");
    const { version, printer, paper } = answer ?? {};
    keep(answer?.ok ? { version, printer, paper } : {});
    return answer ? undefined : 0;
  };
  const beats = poll(report, INTERVAL_MS);
  beats.start();
  beats.now();
  document.addEventListener("visibilitychange", () => beats.now(), { signal });
  signal.addEventListener("abort", () => beats.stop());
});
