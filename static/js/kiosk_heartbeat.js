// A paired kiosk sends the server a heartbeat, once a minute and when a page opens. A revoked one goes to the first page.
import { onElements } from "./behaviour.js";
import { machineState } from "./kiosk_agent.js";
import { limitedFetch } from "./limited_fetch.js";
import { poll } from "./polling.js";

const INTERVAL_MS = 60_000;

onElements("[data-heartbeat]", (element, signal) => {
  const report = async () => {
    try {
      const body = new URLSearchParams(await machineState());
      const answer = await limitedFetch(element.dataset.heartbeat, { method: "POST", body });
      if (answer.status === 404) location.replace(element.dataset.home);
      return answer.ok ? undefined : 0;
    } catch {
      return 0;
    }
  };
  const beats = poll(report, INTERVAL_MS);
  beats.start();
  beats.now();
  signal.addEventListener("abort", () => beats.stop());
});
