import { Readable } from "node:stream";
import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { writer } from "#server/domain/access/access.ts";
import { importChats, type ImportProgress, type ImportReport } from "#server/domain/imports/chat-import.ts";
import { createOutage } from "#server/domain/outage.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { toErrorAnswer } from "../../kit/http-error.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { originOf } from "../../kit/origin.ts";
import { readQuery } from "../../kit/parameters.ts";
import { answerSignal, whenClosed } from "../../kit/request-signal.ts";
import { route, type CallerRoute } from "../../kit/route.ts";
import { ImportPlaces } from "./import-places.ts";
import { receiveFile, UPLOAD_LIMITS } from "./upload.ts";

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
  const places = new ImportPlaces();
  const disk = createOutage(ctx.logger, {
    lost: "import.disk_full",
    back: "import.disk_free",
    level: "error",
  });
  return route(
    "POST",
    "/v1/chats/import",
    writer,
    async (request, caller, reply) => {
      const { deleted } = readQuery(importQuery, request);
      const { userId } = caller;
      const held = new AsyncDisposableStack();
      const origin = originOf(request);
      held.use(places.enter(userId, origin.ip === undefined ? undefined : peerKeyOf(origin.ip)));
      whenClosed(reply, () => void held.disposeAsync());
      try {
        const signal = answerSignal(ctx, reply, caller);
        const file = await receiveFile(request.body, ctx.config.dataDir, UPLOAD_LIMITS, signal, disk);
        await keep(held, file);
        await keep(held, await places.read(signal));
        const asked = { userId, file, again: deleted === "again", origin };
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
    { maxBytes: UPLOAD_LIMITS.maxBytes, stream: "file" },
  );
}

/** The client may have left just when its file had come, or its turn. */
async function keep(held: AsyncDisposableStack, resource: Disposable | AsyncDisposable): Promise<void> {
  if (!held.disposed) return void held.use(resource);
  await using _ = resource;
  throw new PipitError("CANCELLED", "Cancelled.");
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
