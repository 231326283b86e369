// Pages that go on without a touch: a form that is sent by itself, and a page that is loaded again after some seconds.
import { onElements } from "./behaviour.js";
import { limitedFetch } from "./limited_fetch.js";

const RETRY_MS = 2000;

onElements("form[data-submit-now]", (form) => { form.requestSubmit(); });

onElements("[data-reload]", (element, signal) => {
  let timer;
  const reload = async () => {
    try {
      await limitedFetch(location.href, { cache: "no-store" });
      if (!signal.aborted) location.replace(location.href);
    } catch { // Without a network the browser would show an error page of its own, for ever.
      timer = setTimeout(reload, RETRY_MS);
    }
  };
  timer = setTimeout(reload, Number(element.dataset.reload) * 1000);
  signal.addEventListener("abort", () => clearTimeout(timer));
});
