import type { AttachedFile } from "#contract/attached-file.ts";
import type { ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";

/** Reading a file ends after this. */
export const READ_TIMEOUT_MS = 30_000;

/** What a worker says of a file; an error is plain data on this way. */
export type FileReply =
  | { readonly file: AttachedFile }
  | { readonly failed: { readonly code: ErrorCode; readonly message: string } };

/** Never throws. */
export async function replyOf(work: Promise<AttachedFile>): Promise<FileReply> {
  try {
    return { file: await work };
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    return { failed: { code, message } };
  }
}

/** The file, or throws what was wrong. */
export function fileOf(reply: FileReply): AttachedFile {
  if ("file" in reply) return reply.file;
  throw new PipitError(reply.failed.code, reply.failed.message);
}

/**
 * Waits for a worker's reply until `signal` aborts or the time is over; the caller ends the worker in each case.
 *
 * @param ask is called once; it resolves with the reply
 * @throws PipitError FILE_TOO_SLOW; CANCELLED when aborted
 */
export async function replyInTime(
  name: string,
  ask: () => Promise<FileReply>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<FileReply> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new PipitError("CANCELLED", "Cancelled."));
  const tooSlow = new PipitError(
    "FILE_TOO_SLOW",
    `Reading ${name} took more than ${timeoutMs / 1000} s. Attach the pages that matter.`,
  );
  const timer = setTimeout(() => reject(tooSlow), timeoutMs);
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) stop();
    return await Promise.race([over, ask()]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
