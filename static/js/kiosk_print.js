// Hands the sheets of a paid order to the print agent, one after another, and says how it goes. The agent prints a job
// that it knows only once, so a page that is loaded again prints nothing twice. Without an agent or a printer nothing is
// shown: the QR for the phone stands beside it.
//
// data-print-jobs is the address of the jobs. Parts with data-when are shown in those states: printing, done, paper_out,
// cover_open, offline, error, unsure (a sheet may have come out), refused (the agent cannot print it).
import { onElements } from "./behaviour.js";
import { askAgent } from "./kiosk_agent.js";
import { limitedFetch } from "./limited_fetch.js";

const RETRY_MS = 2000;
const SHEET_LIMIT_MS = 60_000;
const PROBLEMS = ["absent", "paper_out", "cover_open", "error", "offline"]; // the first one that is found is shown

const pause = () => new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });

/** The problem for which the printer does not print; undefined if it prints. */
function problemOf(status) {
  if (!status?.problems) return "offline";
  return PROBLEMS.find((one) => status.problems.includes(one));
}

async function readJobs(address, signal) {
  while (!signal.aborted) {
    try {
      const answer = await limitedFetch(address, { cache: "no-store" });
      if (answer.ok) return (await answer.json()).jobs;
      if (answer.status < 500) return []; // the visit is over, or the order is not paid any more
    } catch { /* the server is away: ask again */ }
    await pause();
  }
  return [];
}

onElements("[data-print-jobs]", async (place, signal) => {
  const choices = [...place.querySelectorAll("[data-print-choice]")];

  const show = (state) => {
    if (signal.aborted) return;
    place.dataset.printState = state;
    place.hidden = state === "absent";
    for (const part of place.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
    for (const button of choices) button.disabled = false;
    for (const button of document.querySelectorAll("[data-print-done]")) button.disabled = state === "printing";
  };
  const choice = () => new Promise((resolve) => {
    for (const button of choices) {
      button.addEventListener("click", () => {
        for (const one of choices) one.disabled = true;
        resolve(button.dataset.printChoice);
      }, { once: true, signal });
    }
  });
  const printerReady = async () => {
    while (!signal.aborted) {
      const status = await askAgent("GET", "/status");
      const problem = problemOf(status);
      if (!problem) break;
      show(!status && place.hidden ? "absent" : problem);
      await pause();
    }
    show("printing");
  };
  const printJob = async (job) => {
    const path = `/jobs/${job.id}`;
    let answer = await askAgent("POST", "/jobs", job, SHEET_LIMIT_MS);
    while (!signal.aborted && answer?.state !== "printed" && answer?.state !== "dismissed") {
      if (answer?.state === "interrupted") {
        show("unsure");
        const chosen = await choice();
        if (chosen === "again") await printerReady();
        answer = chosen === "again" ? await askAgent("POST", `${path}/again`, undefined, SHEET_LIMIT_MS) : await askAgent("DELETE", path);
      } else if (answer?.error === "other_job" || answer?.error === "not_interrupted") {
        answer = await askAgent("GET", path);
      } else if (answer?.error === "document") {
        show("refused");
        return false;
      } else {
        // The agent itself is in trouble: say so, and let the visit end. What it says of the printer is shown by that.
        const isBroken = answer && !answer.problems;
        if (isBroken) show("error");
        await pause();
        if (!isBroken) await printerReady();
        answer = await askAgent("POST", "/jobs", job, SHEET_LIMIT_MS);
      }
    }
    return true;
  };

  const jobs = await readJobs(place.dataset.printJobs, signal);
  place.querySelector("[data-print-count]").textContent = jobs.length;
  for (const [index, job] of jobs.entries()) {
    place.querySelector("[data-print-number]").textContent = index + 1;
    await printerReady();
    if (signal.aborted || !await printJob(job)) return;
  }
  if (!jobs.length) return;
  const status = await askAgent("GET", "/status");
  show("done");
  place.querySelector("[data-print-low]").hidden = status?.paper !== "low";
});
