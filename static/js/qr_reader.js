// Reads QR codes of a video, in a worker (entry_qr_worker.js).
const LONGEST_SIDE = 1280; // pixels; more makes reading slower and finds no more tickets

export class QrReader {
  #worker;

  /** `worker`, `reader` and `wasm` are the addresses of the worker, of the reader's script and of its WebAssembly. */
  constructor({ worker, reader, wasm }) {
    this.#worker = new Worker(worker);
    this.#worker.postMessage({ reader, wasm });
  }

  /** The text of the QR code in the video's current picture; empty if there is none. One call at a time. */
  async read(video) {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    const size = { resizeWidth: Math.round(video.videoWidth * scale), resizeHeight: Math.round(video.videoHeight * scale) };
    const picture = await createImageBitmap(video, size).catch(() => null); // the video has just ended
    if (!picture) return "";
    return new Promise((resolve) => {
      this.#worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
      this.#worker.postMessage({ picture }, [picture]);
    });
  }
}
