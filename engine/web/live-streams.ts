import { isFieldSet, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { SIGN_OF_LIFE_HEADER, SIGN_OF_LIFE_S, STREAM_SILENCE_MS } from "#contract/events/signs-of-life.ts";

/** A question with a picture takes its time over a slow network before the server can say anything: 64 kbit/s. */
const UPLOAD_BYTES_PER_MS = 8;

/** Asks for a sign of life on each stream, and keeps those signs from its reader. */
export const askForSigns: Interceptor = (next) => async (request) => {
  if (!request.stream) return next(request);
  request.header.set(SIGN_OF_LIFE_HEADER, String(SIGN_OF_LIFE_S));
  const response = await next(request);
  return response.stream
    ? { ...response, message: withoutSigns(response.method.output, response.message) }
    : response;
};

async function* withoutSigns<Desc extends DescMessage>(
  desc: Desc,
  messages: AsyncIterable<MessageShape<Desc>>,
): AsyncGenerator<MessageShape<Desc>> {
  for await (const message of messages) {
    const { $unknown: unknown = [] } = message;
    if (unknown.length > 0 || desc.fields.some((field) => isFieldSet(message, field))) yield message;
  }
}

/**
 * `fetch`, by which a stream that {@link askForSigns} fails as unreachable when nothing has come for
 * {@link STREAM_SILENCE_MS}: a connection can be lost without a word, by a cable, a sleeping machine or a proxy that is gone.
 */
export async function fetchAlive(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  if (!new Headers(init.headers).has(SIGN_OF_LIFE_HEADER)) return fetch(url, init);
  const silence = new Silence();
  const { signal } = init;
  const ended = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
  const uploadMs = init.body instanceof Uint8Array ? init.body.byteLength / UPLOAD_BYTES_PER_MS : 0;
  const response = await silence.limit(fetch(url, { ...init, signal: ended }), uploadMs);
  const reader = response.body?.getReader();
  if (reader === undefined) return response;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await silence.limit(reader.read());
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, response);
}

class Silence {
  readonly #broken = new AbortController();
  readonly signal = this.#broken.signal;

  /** What is waited for is there within the limit, or never. Only while something is waited for can it be silent. */
  async limit<T>(work: Promise<T>, moreMs = 0): Promise<T> {
    const limitMs = STREAM_SILENCE_MS + moreMs;
    const error = new ConnectError(`nothing came for ${Math.round(limitMs / 1_000)} s`, Code.Unavailable);
    const timer = setTimeout(() => this.#broken.abort(error), limitMs);
    try {
      return await work;
    } catch (reason) {
      // Browsers differ in what they throw for a signal.
      throw this.signal.aborted ? error : reason;
    } finally {
      clearTimeout(timer);
    }
  }
}
