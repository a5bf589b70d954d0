import { SpeechError } from "./speech-error.ts";

/**
 * Passes a stream on and aborts `controller` when the source gives nothing for too long. The time the consumer takes
 * does not count. The source must end or throw when its signal aborts.
 */
export async function* stallGuard<T>(
  source: AsyncIterable<T>,
  stallMs: number,
  controller: AbortController,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(
        () => controller.abort(new SpeechError("stalled", `The voice gave nothing for ${stallMs} ms.`)),
        stallMs,
      );
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
