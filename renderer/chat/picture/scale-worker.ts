import type { ScreenImage } from "#contract/screen-image.ts";
import type { PictureType } from "./image-header.ts";
import { scalePicture } from "./scale-picture.ts";

/** What the worker is asked, once in its life. */
export interface ScaleRequest {
  readonly file: Blob;
  readonly type: PictureType;
}
export type ScaleReply = { readonly image: ScreenImage } | { readonly failed: true };

self.addEventListener("message", (event: MessageEvent<ScaleRequest>) => {
  void answer(event.data);
});

async function answer({ file, type }: ScaleRequest): Promise<void> {
  let reply: ScaleReply;
  try {
    reply = { image: await scalePicture(file, type) };
  } catch {
    reply = { failed: true };
  }
  self.postMessage(reply, { transfer: "image" in reply ? [reply.image.bytes.buffer] : [] });
}
