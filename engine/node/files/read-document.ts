import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { fileName, type AttachedFile } from "#contract/attached-file.ts";
import { ownProgram } from "#contract/own-program.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { fileOf, READ_TIMEOUT_MS, replyInTime, type FileReply } from "#engine/documents/file-reply.ts";

/** A document that needs more while it is read is none that can be. */
const HEAP_MAX_MB = 1024;

/**
 * The text of a file that a person names, read by a thread of its own.
 *
 * @throws PipitError as `fileText` does; FILE_TOO_SLOW, CANCELLED
 */
export async function readDocument(
  path: string,
  signal: AbortSignal,
  timeoutMs = READ_TIMEOUT_MS,
): Promise<AttachedFile> {
  const worker = new Worker(ownProgram("document-worker", import.meta.url), {
    workerData: path,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
  });
  const name = fileName(path);
  try {
    return fileOf(await replyInTime(name, () => replyFrom(worker), signal, timeoutMs));
  } catch (reason) {
    if (reason instanceof PipitError) throw reason;
    // Out of memory, mostly.
    throw new PipitError("FILE_TOO_LARGE", `${name} needs too much memory. Attach a part of it.`, {
      cause: reason,
    });
  } finally {
    await worker.terminate();
  }
}

/** Rejects with what ended the thread. */
async function replyFrom(worker: Worker): Promise<FileReply> {
  const [reply] = (await once(worker, "message")) as [FileReply];
  return reply;
}
