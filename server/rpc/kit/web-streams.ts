import { create } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { SIGN_OF_LIFE_HEADER } from "#contract/events/signs-of-life.ts";

const MAX_SECONDS = 60;

/**
 * What streams need on HTTP/1.1, where proxies stand between and nothing pings: no proxy is to hold them back (nginx and
 * others read `X-Accel-Buffering`), and a client that asks for signs of life gets an empty message in each silence.
 */
export const webStreams: Interceptor = (next) => async (request) => {
  const response = await next(request);
  if (!response.stream) return response;
  response.header.set("x-accel-buffering", "no");
  const everyMs = askedForMs(request.header.get(SIGN_OF_LIFE_HEADER));
  if (everyMs === undefined) return response;
  const sign = () => create(response.method.output);
  return { ...response, message: withSigns(response.message, sign, everyMs) };
};

function askedForMs(asked: string | null): number | undefined {
  const seconds = asked !== null && /^\d{1,2}$/u.test(asked) ? Number(asked) : 0;
  return seconds >= 1 && seconds <= MAX_SECONDS ? seconds * 1_000 : undefined;
}

/** Gives a sign whenever `source` is silent and the client takes what comes; the source is asked once for each of its own. */
function withSigns<T>(source: AsyncIterable<T>, sign: () => T, everyMs: number): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]();
  let isAsked = false;
  /** What came while nobody waited: the client was still taking a sign. */
  let kept: Promise<IteratorResult<T>> | undefined;
  let waiting: ((result: IteratorResult<T> | Promise<IteratorResult<T>>) => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = (): void => {
    isAsked = true;
    const answer = iterator.next();
    const deliver = (): void => {
      isAsked = false;
      clearTimeout(timer);
      if (waiting === undefined) kept = answer;
      else waiting(answer);
      waiting = undefined;
    };
    answer.then(deliver, deliver);
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const answer = kept;
        kept = undefined;
        if (answer !== undefined) return answer;
        if (!isAsked) ask();
        timer = setTimeout(() => {
          waiting?.({ done: false, value: sign() });
          waiting = undefined;
        }, everyMs);
        return new Promise((resolve) => (waiting = resolve));
      },
      return: async (value) => {
        clearTimeout(timer);
        return (await iterator.return?.(value)) ?? { done: true, value: undefined };
      },
    }),
  };
}
