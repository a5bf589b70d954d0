import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { toErrorAnswer } from "../../kit/http-error.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { originOf } from "../../kit/origin.ts";
import { whenClosed } from "../../kit/request-signal.ts";
import { toOpenAiError, type OpenAiError } from "./openai-error.ts";

/** Longest time in which a stream says nothing: proxies end a connection that is silent for a minute. */
export const SILENCE_MAX_MS = 15_000;
/** A comment, which clients pass over (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
const SIGN_OF_LIFE = ": ping\n\n";

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

/** How one wire writes events of an answer. */
interface EventShape<Event> {
  begin(): string;
  event(event: Event): string;
  fail(error: OpenAiError["body"]): string;
}

/** Answers with events, while they come and as fast as the client takes them. */
export function sendEvents<Event>(
  ctx: Pick<HttpContext, "logger">,
  reply: FastifyReply,
  events: AsyncIterable<Event>,
  shape: EventShape<Event>,
): Readable {
  reply
    .header("content-type", "text/event-stream; charset=utf-8")
    .header("cache-control", "no-cache")
    // nginx would hold the words back to fill its buffers.
    .header("x-accel-buffering", "no");
  return kept(writtenEvents(ctx, events, shape));
}

/** The texts as a stream that is not silent for longer than {@link SILENCE_MAX_MS}. */
function kept(texts: AsyncGenerator<string, void>): Readable {
  let waiting = false;
  const stream = new Readable({
    encoding: "utf8",
    read() {
      if (waiting) return;
      waiting = true;
      texts.next().then(({ done, value }) => {
        waiting = false;
        timer.refresh();
        stream.push(done === true ? null : value);
      }, destroy);
    },
    destroy(error, done) {
      clearTimeout(timer);
      // Not awaited: a model that ignores its signal may never answer.
      texts.return().catch(() => undefined);
      done(error);
    },
  });
  const destroy = (reason: unknown): void => void stream.destroy(PipitError.from(reason));
  const timer = setTimeout(() => {
    // A client that has not taken what there is needs no more.
    if (waiting && stream.readableLength === 0) stream.push(SIGN_OF_LIFE);
    timer.refresh();
  }, SILENCE_MAX_MS);
  return stream;
}

/** The events of an answer as text. Does not throw: who reads them has had the status already. */
async function* writtenEvents<Event>(
  { logger }: Pick<HttpContext, "logger">,
  events: AsyncIterable<Event>,
  shape: EventShape<Event>,
): AsyncGenerator<string, void> {
  try {
    const begin = shape.begin();
    if (begin !== "") yield begin;
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
