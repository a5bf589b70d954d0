import * as z from "zod/mini";
import type { ImportProgress, ImportReport } from "#contract/imports/chat-import.ts";
import { isErrorCode } from "#contract/error-codes.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";

/** A file that is sent, and who is told how many of its bytes have gone. */
export interface SentFile {
  readonly file: Blob;
  readonly onSent: (bytes: number) => void;
}

/**
 * Sends a file with the sign-in, and gives the pieces of the answer as they come; leaving the loop ends the exchange.
 *
 * @throws PipitError what the server answers instead, SERVER_UNREACHABLE, CANCELLED; also from the loop
 */
export type SendFile = (
  path: string,
  sent: SentFile,
  signal: AbortSignal,
) => Promise<AsyncIterable<Uint8Array>>;

const count = z.catch(z.number(), 0);
const lineSchema = z.object({
  progress: z.optional(z.object({ read_bytes: count, total_bytes: count, chats: count })),
  report: z.optional(
    z.object({
      origin: z.catch(z.nullable(z.enum(["pipit", "chatgpt", "claude"])), null),
      chats: z.object({ made: count, extended: count, unchanged: count }),
      turns: count,
      skipped: z.record(z.string(), z.number()),
      skipped_chats: z.array(z.object({ title: z.string(), reason: z.string() })),
      left_out: z.object({ pictures: count, files: count, cut: count }),
      problem: z.nullable(z.string()),
    }),
  ),
  error: z.optional(z.object({ code: z.string(), message: z.string() })),
});

export interface ImportOptions {
  /** Also chats that were imported before and deleted since. */
  readonly again?: boolean;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/**
 * Imports the chats of a file into the signed-in account; an abort ends it between two chats, and what was imported stays.
 *
 * @throws PipitError FILE_UNSUPPORTED for what is no export; STREAM_LIMIT while another import runs; MESSAGE_TOO_LARGE;
 *   as {@link SendFile}
 */
export async function importChats(
  send: SendFile,
  file: Blob,
  { again = false, onProgress }: ImportOptions,
  signal: AbortSignal,
): Promise<ImportReport> {
  const onSent = (bytes: number): void =>
    onProgress?.({ step: "sending", share: shareOf(bytes, file.size), chats: 0 });
  onSent(0);
  const answer = await send(`/v1/chats/import${again ? "?deleted=again" : ""}`, { file, onSent }, signal);
  for await (const line of linesOf(answer)) {
    const { progress, report, error } = lineSchema.safeParse(parseJson(line)).data ?? {};
    if (error !== undefined) {
      throw new PipitError(isErrorCode(error.code) ? error.code : "INTERNAL", error.message);
    }
    if (progress !== undefined) {
      const { chats, read_bytes: read, total_bytes: total } = progress;
      onProgress?.({ step: "importing", share: shareOf(read, total), chats });
    }
    if (report !== undefined) return toReport(report);
  }
  const message =
    "The import broke off. What was imported by then stays; import the file again for the rest.";
  throw new PipitError("SERVER_UNREACHABLE", message);
}

function shareOf(part: number, whole: number): number {
  return Math.min(1, part / Math.max(whole, 1));
}

function toReport(report: NonNullable<z.infer<typeof lineSchema>["report"]>): ImportReport {
  const { origin, chats, turns, skipped, skipped_chats: skippedChats, left_out: leftOut, problem } = report;
  const told = { turns, skipped, skippedChats, leftOut, problem: problem ?? undefined };
  return { origin: origin ?? undefined, ...chats, ...told };
}

async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}
