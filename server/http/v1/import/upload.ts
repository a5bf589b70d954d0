import { randomUUID } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";
import type { Outage } from "#server/domain/outage.ts";
import { HttpError } from "../../kit/http-error.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a file may be, and how slowly it may come. */
export interface UploadLimits {
  readonly maxBytes: number;
  /** A client that sends less in a minute has gone, or holds a place that others want. */
  readonly minuteMinBytes: number;
  readonly minuteMs: number;
}

/** Archives of ChatGPT have the pictures too. A telephone at the edge of its network sends twice as fast. */
export const UPLOAD_LIMITS: UploadLimits = {
  maxBytes: 512 * MIB,
  minuteMinBytes: 512 * KIB,
  minuteMs: 60_000,
};

/**
 * Keeps a body in a file that has no name, so that nothing of it stays when the server is killed, until it is disposed of.
 *
 * @param folder on the disk of the server's data
 * @param disk told when it is full, and when a file fits
 * @throws PipitError MESSAGE_TOO_LARGE, CANCELLED, STORAGE_FULL, DEADLINE_EXCEEDED
 */
export async function receiveFile(
  body: unknown,
  folder: string,
  limits: UploadLimits,
  signal: AbortSignal,
  disk: Pick<Outage, "failed" | "works">,
): Promise<{ readonly fd: number; readonly bytes: number } & AsyncDisposable> {
  if (!(body instanceof Readable)) throw new HttpError(415, "The body must be the file to be imported.");
  const file = await namelessFile(folder);
  try {
    const bytes = await write(body, file, limits, signal);
    disk.works();
    return { fd: file.fd, bytes, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    const full = fullDisk(error);
    if (full !== undefined)
      disk.failed("full", { folder, cure: "Free space on the disk of the data folder." });
    throw full ?? error;
  } finally {
    // What is still on its way would stand before the client's next request on this connection.
    body.resume();
  }
}

async function namelessFile(folder: string): Promise<FileHandle> {
  const path = join(folder, `import-${randomUUID()}.part`);
  const file = await open(path, "wx+", 0o600);
  await unlink(path);
  return file;
}

async function write(
  body: Readable,
  file: FileHandle,
  { maxBytes, minuteMinBytes, minuteMs }: UploadLimits,
  signal: AbortSignal,
): Promise<number> {
  let bytes = 0;
  let before = 0;
  const watch = setInterval(() => {
    if (bytes - before < minuteMinBytes) body.destroy(tooSlow(minuteMinBytes));
    before = bytes;
  }, minuteMs);
  const onAbort = (): void => void body.destroy(new PipitError("CANCELLED", "Cancelled."));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) {
        throw new PipitError(
          "MESSAGE_TOO_LARGE",
          `The file is larger than ${maxBytes / MIB} MiB, which is the limit. Pack it as ZIP, or take conversations.json out of its archive.`,
        );
      }
      await file.write(piece);
    }
  } finally {
    clearInterval(watch);
    signal.removeEventListener("abort", onAbort);
  }
  return bytes;
}

function tooSlow(minBytes: number): PipitError {
  const message = `Less than ${minBytes / KIB} KiB of the file came within a minute, which is too slow. Import it over a faster connection, or in parts.`;
  return new PipitError("DEADLINE_EXCEEDED", message);
}

function fullDisk(error: unknown): PipitError | undefined {
  if (!isFullDisk(systemCodeOf(error))) return undefined;
  const message = "The server's disk is full. Free some space there, and import the file again.";
  return new PipitError("STORAGE_FULL", message, { cause: error, told: true });
}
