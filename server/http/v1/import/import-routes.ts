import { Readable } from "node:stream";
import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { writer } from "#server/domain/access/access.ts";
import { importChats, type ImportProgress, type ImportReport } from "#server/domain/imports/chat-import.ts";
import { Places } from "#server/domain/limits/places.ts";
import { toErrorAnswer } from "../../kit/http-error.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { originOf } from "../../kit/origin.ts";
import { readParameters } from "../../kit/parameters.ts";
import { route, type CallerRoute } from "../../kit/route.ts";
import { answerSignal, whenClosed } from "../openai/answering.ts";
import { receiveFile } from "./upload.ts";

/** Archives of ChatGPT have the pictures too. */
const FILE_MAX_BYTES = 512 * 1024 * 1024;
/** Each has a thread, and a file on the server's disk. */
const MAX_IMPORTS = 4;
/** Between two lines of progress. */
const PROGRESS_EVERY_MS = 250;

const importQuery = z.object({
  deleted: z.enum(["skip", "again"], "must be 'skip' or 'again'").default("skip"),
});

type Line = { readonly progress: object } | { readonly report: object } | { readonly error: object };

/**
 * `POST /v1/chats/import?deleted=`: adds the chats of an export to the caller's. The body is the file. Answers with lines
 * of JSON: progress, and at last a report or an error; leaving ends the import between two chats.
 */
export function chatImportRoute(ctx: HttpContext): CallerRoute {
  const places = new Places();
  return route(
    "POST",
    "/v1/chats/import",
    writer,
    async (request, caller, reply) => {
      const { deleted } = readParameters(importQuery, request.query);
      const { userId } = caller;
      const held = new AsyncDisposableStack();
      held.use(
        places.enter([
          {
            key: userId,
            max: 1,
            full: "Chats are being imported into this account already. Wait until that has ended.",
          },
          {
            key: "",
            max: MAX_IMPORTS,
            full: `${MAX_IMPORTS} imports are running already, which is the limit. Try again later.`,
          },
        ]),
      );
      whenClosed(reply, () => void held.disposeAsync());
      try {
        const signal = answerSignal(ctx, reply, caller);
        const file = await receiveFile(request.body, ctx.config.dataDir, FILE_MAX_BYTES, signal);
        if (held.disposed) {
          // The client has left just when its file had come.
          await file[Symbol.asyncDispose]();
          throw new PipitError("CANCELLED", "Cancelled.");
        }
        held.use(file);
        const asked = { userId, file, again: deleted === "again", origin: originOf(request) };
        const { clock, store } = ctx;
        const steps = importChats({ clock, store: store.imports, audit: store.auth.audit }, asked, signal);
        // It has ended when the file is closed.
        held.defer(async () => void (await steps.return(undefined as never).catch(() => undefined)));
        // What is no export is told by the status.
        const first = await steps.next();
        reply.header("content-type", "application/x-ndjson; charset=utf-8").header("x-accel-buffering", "no");
        return Readable.from(lines(ctx, first, steps, held));
      } catch (error) {
        await held.disposeAsync();
        throw error;
      }
    },
    { maxBytes: FILE_MAX_BYTES, stream: "file" },
  );
}

/** Does not throw: the client has had the status already. Who has the last line may import again. */
async function* lines(
  { logger }: Pick<HttpContext, "logger">,
  first: IteratorResult<ImportProgress, ImportReport>,
  steps: AsyncGenerator<ImportProgress, ImportReport>,
  held: AsyncDisposable,
): AsyncGenerator<string> {
  let toldAtMs = 0;
  let last: Line;
  try {
    let step = first;
    for (; step.done !== true; step = await steps.next()) {
      if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) continue;
      toldAtMs = performance.now();
      yield lineOf({ progress: toProgressBody(step.value) });
    }
    last = { report: toReportBody(step.value) };
  } catch (reason) {
    const { body, internal } = toErrorAnswer(reason);
    if (internal) logger.error("import.failed", { reason: body.error.code, error: reason });
    last = body;
  }
  await held[Symbol.asyncDispose]();
  yield lineOf(last);
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function toProgressBody({ readBytes, totalBytes, chats }: ImportProgress): object {
  return { read_bytes: readBytes, total_bytes: totalBytes, chats };
}

function toReportBody(report: ImportReport): object {
  const { origin, made, extended, unchanged, turns, skipped, skippedChats, leftOut, problem } = report;
  return {
    origin: origin ?? null,
    chats: { made, extended, unchanged },
    turns,
    skipped,
    skipped_chats: skippedChats,
    left_out: leftOut,
    problem: problem ?? null,
  };
}
