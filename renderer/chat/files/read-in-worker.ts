import type { AttachedFile } from "#contract/attached-file.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { fileOf, READ_TIMEOUT_MS, replyInTime, type FileReply } from "#engine/documents/file-reply.ts";
import type { FileRequest } from "./file-worker.ts";

/**
 * Reads a file in a worker of its own, which is ended with the work: what a document does to its reader ends with it.
 *
 * @throws PipitError as `fileText` does; FILE_TOO_SLOW, CANCELLED, SERVER_UNREACHABLE when the reader cannot be loaded
 */
export async function readInWorker(file: Blob, name: string, signal: AbortSignal): Promise<AttachedFile> {
  const worker = new Worker(new URL("./file-worker.ts", import.meta.url), { type: "module" });
  const ask = () =>
    new Promise<FileReply>((resolve, reject) => {
      const { port1: replies, port2: port } = new MessageChannel();
      replies.addEventListener("message", (event: MessageEvent<FileReply>) => resolve(event.data));
      replies.start();
      worker.addEventListener("error", () =>
        reject(new PipitError("SERVER_UNREACHABLE", "The part of Pipit that reads files cannot be loaded.")),
      );
      const request: FileRequest = { file, name, port };
      worker.postMessage(request, [port]);
    });
  try {
    return fileOf(await replyInTime(name, ask, signal, READ_TIMEOUT_MS));
  } finally {
    worker.terminate();
  }
}
