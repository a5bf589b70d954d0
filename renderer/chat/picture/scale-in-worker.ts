import type { ScreenImage } from "#contract/screen-image.ts";
import type { PictureType } from "./image-header.ts";
import { scalePicture } from "./scale-picture.ts";
import type { ScaleReply, ScaleRequest } from "./scale-worker.ts";

/** Scales in a worker of its own, which is ended with the work, so that its memory goes back at once. */
export async function scaleInWorker(
  file: Blob,
  type: PictureType,
  signal: AbortSignal,
): Promise<ScreenImage> {
  const worker = new Worker(new URL("./scale-worker.ts", import.meta.url), { type: "module" });
  try {
    const reply = await ask(worker, { file, type }, signal);
    if (reply === "no-worker") return await scalePicture(file, type);
    if ("failed" in reply) throw new Error("The picture cannot be decoded.");
    return reply.image;
  } finally {
    worker.terminate();
  }
}

/** `no-worker`: the worker's script could not be loaded; the work is the same without one, only less smooth. */
function ask(worker: Worker, request: ScaleRequest, signal: AbortSignal): Promise<ScaleReply | "no-worker"> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    worker.addEventListener("message", (event: MessageEvent<ScaleReply>) => resolve(event.data));
    worker.addEventListener("error", () => resolve("no-worker"));
    worker.postMessage(request, []);
  });
}
