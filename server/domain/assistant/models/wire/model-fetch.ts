import { AnswerNormaliser } from "./answer-normaliser.ts";
import { ByteSource } from "./byte-source.ts";
import { Exchange } from "./exchange.ts";
import type { Post, PostReply } from "./http-post.ts";

/** How much of an error's body is read. */
const ERROR_MAX_BYTES = 65_536;
/** How long a server may take to close an answer that it has ended, so that its connection can be used again. */
const LINGER_MS = 1_000;
const EVENT_STREAM = { "content-type": "text/event-stream" };

/** What the SDK asks a model server with. */
export interface ModelFetchOptions {
  readonly post: Post;
  /** Longest time without a single byte, comments of SSE counted; then the answer fails with the code `silence`. */
  readonly silenceMs: number;
}

/** The SDK's `fetch`: an answer comes as events in the SDK's own dialect (see {@link AnswerNormaliser}), an error as it is. */
export function createModelFetch({ post, silenceMs }: ModelFetchOptions): typeof fetch {
  let tellsUsage = true;
  return async (url, init = {}) => {
    const exchange = new Exchange(silenceMs, init.signal ?? undefined);
    try {
      const headers = Object.fromEntries(new Headers(init.headers));
      const ask = async (body: string) => {
        const reply = await exchange.wait(post(String(url), { headers, body, signal: exchange.signal }));
        const { statusCode: status = 0 } = reply;
        return status >= 200 && status < 300
          ? reply
          : refusalOf(status, await exchange.wait(errorText(reply)), reply);
      };
      const whole = typeof init.body === "string" ? init.body : "";
      let reply = await ask(tellsUsage ? whole : withoutUsage(whole));
      if (tellsUsage && "isUsageRefused" in reply && reply.isUsageRefused) {
        tellsUsage = false;
        reply = await ask(withoutUsage(whole));
      }
      if ("isUsageRefused" in reply) exchange.end();
      return "isUsageRefused" in reply ? reply.response : answerOf(reply, exchange);
    } catch (error) {
      exchange.end();
      throw error;
    }
  };
}

function refusalOf(status: number, text: string, reply: PostReply) {
  // A Response takes no status beyond 599, and no body with 304.
  const init = { status: Math.min(status, 599), headers: headersOf(reply) };
  const response = new Response(status === 304 ? null : text, init);
  return { response, isUsageRefused: status < 500 && /stream_options|include_usage/.test(text) };
}

/** The request without the wish to be told of its tokens, which older servers refuse. */
function withoutUsage(body: string): string {
  const { stream_options: _, ...rest } = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify(rest);
}

function answerOf(reply: PostReply, exchange: Exchange): Response {
  const normaliser = new AnswerNormaliser();
  const encoder = new TextEncoder();
  const source = new ByteSource(reply);
  const read = async (): Promise<string> => {
    try {
      for (;;) {
        const bytes = source.take();
        if (bytes === undefined && !source.isEnded) {
          await exchange.wait(source.more());
          continue;
        }
        const events = bytes === undefined ? normaliser.end() : normaliser.push(bytes);
        if (events !== "" || normaliser.over) return events;
      }
    } catch (error) {
      exchange.end();
      if (exchange.isStopped) throw error;
      return normaliser.fail(failureOf(error));
    }
  };
  const body = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      const events = await read();
      if (events !== "") controller.enqueue(encoder.encode(events));
      if (!normaliser.over) return;
      controller.close();
      exchange.end();
      void drain(source, reply);
    },
    cancel() {
      exchange.end();
      reply.destroy();
    },
  };
  return new Response(new ReadableStream(body, { highWaterMark: 0 }), { headers: EVENT_STREAM });
}

/** Reads what comes behind the end, which is nothing: only then is the connection free for the next question. */
async function drain(source: ByteSource, reply: PostReply): Promise<void> {
  const timer = setTimeout(() => reply.destroy(), LINGER_MS);
  try {
    while (!source.isEnded) if (source.take() === undefined && !source.isEnded) await source.more();
  } catch {
    // The answer was complete before.
  } finally {
    clearTimeout(timer);
  }
}

async function errorText(reply: PostReply): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of reply as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    size += piece.length;
    if (size >= ERROR_MAX_BYTES) break;
  }
  return Buffer.concat(pieces).toString("utf8");
}

function headersOf(reply: PostReply): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(reply.headers))
    if (value !== undefined) headers.set(name, String(value));
  return headers;
}

/** What the last event tells of an error of the connection: its code is what it is known by. */
function failureOf(error: unknown): { message: string; code: string } {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return { message: error instanceof Error ? error.message : String(error), code };
}
