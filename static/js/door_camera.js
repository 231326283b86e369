// The camera of the door: it reads QR codes all the time, also while a verdict is shown, and sends each as the scan
// form does. The code that stays in front of the camera is one scan. The device remembers whether the camera is on,
// and which one.
import { onElements } from "./behaviour.js";
import { QrReader } from "./qr_reader.js";

const SAME_MS = 3000; // a code seen again within this time is the same scan
const PAUSE_MS = 60; // between two pictures, so that a phone stays cool
const [IS_ON, WHICH] = ["door-camera", "door-camera-id"];

onElements("[data-camera]", (box, signal) => {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.OffscreenCanvas) return;
  const part = (name) => box.querySelector(`[data-camera-${name}]`);
  const [video, choice, torch] = [part("video"), part("choice"), part("torch")];
  const field = document.querySelector("[data-scan-field]");
  const last = { text: "", at: -Infinity };
  let reader;
  let stream;

  const show = (state) => { box.dataset.camera = state; };

  const begin = async () => {
    try {
      const id = localStorage.getItem(WHICH);
      const wanted = id ? { deviceId: { exact: id } } : { facingMode: "environment" };
      stream = await open(wanted).catch((error) => (id ? open({ facingMode: "environment" }) : Promise.reject(error)));
    } catch (error) {
      localStorage.removeItem(IS_ON);
      show(error.name === "NotAllowedError" ? "refused" : "absent");
      return;
    }
    if (signal.aborted || document.hidden) { stop(); return; }
    localStorage.setItem(IS_ON, "yes");
    video.srcObject = stream;
    await video.play().catch(() => {});
    show("on");
    await listCameras();
    torch.hidden = !track()?.getCapabilities?.().torch;
    torch.setAttribute("aria-pressed", "false");
    reader ??= new QrReader(box.dataset);
    look();
  };
  const stop = () => {
    for (const one of stream?.getTracks() ?? []) one.stop();
    stream = video.srcObject = null;
  };
  const track = () => stream?.getVideoTracks()[0];

  const look = async () => {
    const looked = stream;
    while (looked && looked === stream) {
      const text = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await reader.read(video) : "";
      if (text && looked === stream) seen(text);
      await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
    }
  };
  const seen = (text) => {
    const now = performance.now();
    const isSame = text === last.text && now - last.at < SAME_MS;
    Object.assign(last, { text, at: now });
    if (isSame) return;
    field.value = text;
    field.form.requestSubmit();
  };

  const listCameras = async () => {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
    choice.replaceChildren(...cameras.map(({ deviceId, label }, place) => new Option(label || place + 1, deviceId)));
    choice.value = track()?.getSettings().deviceId ?? "";
    choice.parentElement.hidden = cameras.length < 2;
  };

  part("start").addEventListener("click", begin);
  part("stop").addEventListener("click", () => { stop(); localStorage.removeItem(IS_ON); show("off"); });
  choice.addEventListener("change", () => { localStorage.setItem(WHICH, choice.value); stop(); begin(); });
  torch.addEventListener("click", async () => {
    const lit = torch.getAttribute("aria-pressed") !== "true";
    await track()?.applyConstraints({ advanced: [{ torch: lit }] }).catch(() => {});
    torch.setAttribute("aria-pressed", String(lit));
  });
  // A camera that runs behind a dark screen empties the battery, and some phones stop it by themselves.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else if (box.dataset.camera === "on") begin();
  }, { signal });
  signal.addEventListener("abort", stop);

  show("off");
  if (localStorage.getItem(IS_ON)) begin();
});

const open = (wanted) => navigator.mediaDevices.getUserMedia({
  audio: false,
  video: { ...wanted, width: { ideal: 1280 }, height: { ideal: 720 } },
});
