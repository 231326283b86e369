// Reads the QR code of every PNG in a folder, as the door's worker does, and prints a JSON list of name, text and time.
import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryInvert: true, tryRotate: true, maxNumberOfSymbols: 1 };
const folder = process.argv[2];
const wasmBinary = await readFile("node_modules/zxing-wasm/dist/reader/zxing_reader.wasm");
await prepareZXingModule({ overrides: { wasmBinary: wasmBinary.buffer }, fireImmediately: true });

const found = [];
for (const file of (await readdir(folder)).sort()) {
  const picture = new Uint8Array(await readFile(join(folder, file)));
  const began = performance.now();
  const codes = await readBarcodes(picture, OPTIONS);
  found.push({ name: basename(file, ".png"), text: codes[0]?.text ?? "", milliseconds: performance.now() - began });
}
console.log(JSON.stringify(found));
