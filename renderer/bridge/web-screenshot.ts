import { PipitError } from "#contract/pipit-error.ts";
import { fittedSize, type ScreenImage } from "#contract/screen-image.ts";

const JPEG_QUALITY = 0.85;

/** Whether this browser can ask the person for a picture of the screen; phones cannot, nor pages without TLS. */
export function canCaptureScreen(): boolean {
  const devices: Partial<MediaDevices> | undefined = (navigator as Partial<Navigator>).mediaDevices;
  return typeof devices?.getDisplayMedia === "function";
}

/**
 * One picture of what the person chooses in the browser's own dialog; sharing ends with it.
 *
 * @throws PipitError SCREEN_REFUSED when the person (or the system) says no, NO_DISPLAY when there is nothing to share.
 */
export async function captureScreen(): Promise<ScreenImage> {
  if (!canCaptureScreen()) {
    throw new PipitError(
      "NO_DISPLAY",
      "This browser cannot take a picture of the screen. Paste one instead.",
    );
  }
  const stream = await askPerson();
  try {
    return await takeFrame(stream);
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

async function askPerson(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false });
  } catch (cause) {
    const refused = cause instanceof DOMException && cause.name === "NotAllowedError";
    throw refused
      ? new PipitError("SCREEN_REFUSED", "No picture was taken: the screen was not shared.", { cause })
      : new PipitError("NO_DISPLAY", "The browser found no screen to take a picture of.", { cause });
  }
}

async function takeFrame(stream: MediaStream): Promise<ScreenImage> {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = stream;
  try {
    await video.play();
    const { widthPx, heightPx } = fittedSize(video.videoWidth, video.videoHeight);
    const canvas = document.createElement("canvas");
    canvas.width = widthPx;
    canvas.height = heightPx;
    canvas.getContext("2d")?.drawImage(video, 0, 0, widthPx, heightPx);
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY);
    });
    if (blob === null) throw new Error("the picture could not be encoded");
    return { bytes: new Uint8Array(await blob.arrayBuffer()), widthPx, heightPx };
  } catch (cause) {
    throw new PipitError("NO_DISPLAY", "The shared screen gave no picture. Try again.", { cause });
  } finally {
    video.srcObject = null;
  }
}
