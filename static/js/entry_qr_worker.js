// A worker that reads QR codes off the main thread, so that the page stays quick while the camera runs. The first
// message has the addresses of the reader's script and of its WebAssembly; each later one is a picture.
/* global ZXingWASM */
const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryInvert: true, tryRotate: true, maxNumberOfSymbols: 1 };
let context;

self.addEventListener("message", async ({ data }) => {
  if (data.reader) {
    self.importScripts(data.reader);
    ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => data.wasm }, fireImmediately: true });
    return;
  }
  self.postMessage(await read(data.picture));
});

/** The text of the QR code in an ImageBitmap; empty if there is none. */
async function read(picture) {
  const { width, height } = picture;
  if (context?.canvas.width !== width || context.canvas.height !== height) {
    context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  }
  context.drawImage(picture, 0, 0);
  picture.close();
  const found = await ZXingWASM.readBarcodes(context.getImageData(0, 0, width, height), OPTIONS);
  return found[0]?.text ?? "";
}
