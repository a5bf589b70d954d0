import { IMAGE_MAX_SIDE_PX, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";

const FIELD = "screenshot";
const CURE =
  "Send a JPEG, PNG or WebP picture of at most 8 MiB as standard base64, or leave the field empty.";

/**
 * Bytes of a base64 screenshot; undefined for "", which original clients send for "none". Throws SCREENSHOT_INVALID
 * (not standard base64, or not JPEG, PNG or WebP by its first bytes) or SCREENSHOT_TOO_LARGE (over 8 MiB).
 */
export function decodeScreenshot(base64: string): Uint8Array | undefined {
  if (base64 === "") return undefined;
  if (base64.length > Math.ceil(SCREENSHOT_MAX_BYTES / 3) * 4) throw tooLarge((base64.length / 4) * 3);
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const bytes = Buffer.from(base64, "base64");
  // Buffer skips what it does not know and takes the URL alphabet too: compare with what the length promises.
  const promised = (base64.length / 4) * 3 - padding;
  if (bytes.length !== promised || /[-_]/u.test(base64)) {
    throw new PipitError("SCREENSHOT_INVALID", `The screenshot is not valid base64. ${CURE}`, {
      field: FIELD,
    });
  }
  checkPicture(bytes);
  return bytes;
}

/** As {@link decodeScreenshot}, of bytes. */
export function checkPicture(bytes: Uint8Array): void {
  if (bytes.length > SCREENSHOT_MAX_BYTES) throw tooLarge(bytes.length);
  if (imageFormat(bytes) === undefined) {
    throw new PipitError("SCREENSHOT_INVALID", `The screenshot is not a JPEG, PNG or WebP picture. ${CURE}`, {
      field: FIELD,
    });
  }
}

/** Format by magic bytes; what a client calls it is not trusted. */
export function imageFormat(bytes: Uint8Array): "jpeg" | "png" | "webp" | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString("latin1");
  if (head.startsWith("\xFF\xD8\xFF")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1A\n")) return "png";
  if (head.startsWith("RIFF") && head.slice(8) === "WEBP") return "webp";
  return undefined;
}

function tooLarge(bytes: number): PipitError {
  const mib = (bytes / 1024 / 1024).toFixed(1);
  return new PipitError(
    "SCREENSHOT_TOO_LARGE",
    `The screenshot is ${mib} MiB; the limit is 8 MiB. Send a smaller picture: ${IMAGE_MAX_SIDE_PX} px on the longest side is enough.`,
    { field: FIELD },
  );
}
