import type { Transport } from "#engine/ports.ts";
import { throwIfAborted, waitFor } from "#engine/abort.ts";

/** A {@link Transport} whose code is still on its way: the page can be read and written in before it can be sent from. */
export function createLazyTransport(load: () => Promise<Transport>): Transport {
  let loading: Promise<Transport> | undefined;
  const loaded = (): Promise<Transport> => {
    loading ??= load().catch((error: unknown) => {
      // The network may be back at the next try.
      loading = undefined;
      throw error;
    });
    return loading;
  };
  // At once, but nobody waits for it yet; the first use tells what is wrong.
  loaded().catch(() => undefined);
  return {
    async *streamAudio(call, signal) {
      throwIfAborted(signal);
      yield* (await waitFor(loaded(), signal)).streamAudio(call, signal);
    },
    async interruptSession(hardwareId, signal) {
      throwIfAborted(signal);
      return await (await waitFor(loaded(), signal)).interruptSession(hardwareId, signal);
    },
    async [Symbol.asyncDispose]() {
      await (await loading?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
