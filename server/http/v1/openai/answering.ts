import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "#server/domain/access/caller.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { toErrorAnswer } from "../../kit/http-error.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { originOf } from "../../kit/origin.ts";
import { abortWithRequest } from "../../kit/request-signal.ts";
import { toOpenAiError, type OpenAiError } from "./openai-error.ts";

/**
 * Takes one of the places that answers have, of whatever wire, until this one is over.
 *
 * @throws PipitError STREAM_LIMIT
 */
export function holdPlace(
  { running }: Pick<HttpContext, "running">,
  request: FastifyRequest,
  reply: FastifyReply,
  { userId }: Caller,
): void {
  const { ip } = originOf(request);
  const place = running.enter(userId, ip === undefined ? undefined : peerKeyOf(ip));
  whenClosed(reply, () => place[Symbol.dispose]());
}

/** Aborts when the client leaves, when its sign-in or key ends, and when the server has waited long enough to stop. */
export function answerSignal(
  { guard, stopping }: Pick<HttpContext, "guard" | "stopping">,
  reply: FastifyReply,
  caller: Caller,
): AbortSignal {
  const ended = new AbortController();
  const watch = guard.watch(caller, (error) => ended.abort(error));
  whenClosed(reply, () => watch[Symbol.dispose]());
  return AbortSignal.any([abortWithRequest(reply), ended.signal, stopping]);
}

/** At once for a client that has left while we found out who it is. */
function whenClosed({ raw }: FastifyReply, end: () => void): void {
  if (raw.closed) end();
  else raw.once("close", end);
}

/** How one wire writes events of an answer. */
interface EventShape<Event> {
  begin(): string;
  event(event: Event): string;
  fail(error: OpenAiError["body"]): string;
}

/** The events of an answer as text. Does not throw: who reads them has had the status already. */
export async function* writtenEvents<Event>(
  { logger }: Pick<HttpContext, "logger">,
  events: AsyncIterable<Event>,
  shape: EventShape<Event>,
): AsyncGenerator<string, void> {
  try {
    yield shape.begin();
    for await (const event of events) {
      const text = shape.event(event);
      if (text !== "") yield text;
    }
  } catch (reason) {
    const answer = toErrorAnswer(reason);
    const { code } = answer.body.error;
    if (answer.internal) logger.error("completion.failed", { reason: code, error: reason });
    if (code !== "CANCELLED") yield shape.fail(toOpenAiError(answer).body);
  }
}
