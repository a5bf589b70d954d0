import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { AttachedFile } from "#contract/attached-file.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { replyOf } from "#engine/documents/file-reply.ts";
import { fileText } from "#engine/documents/file-text.ts";

async function read(path: string): Promise<AttachedFile> {
  try {
    // A device or a pipe may have no end.
    if (!(await stat(path)).isFile()) throw new Error("not a file");
    return await fileText(await openAsBlob(path), path);
  } catch (cause) {
    if (cause instanceof PipitError) throw cause;
    throw new PipitError("FILE_GONE", `Cannot attach ${path}: it cannot be read as a file.`, { cause });
  }
}

parentPort?.postMessage(await replyOf(read(String(workerData))));
