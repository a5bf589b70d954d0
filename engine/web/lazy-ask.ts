import { waitFor } from "#engine/abort.ts";
import type { AskServer } from "#engine/ports.ts";

/** An {@link AskServer} whose code is still on its way: the page can be read and written in before it can be sent from. */
export function createLazyAsk(load: () => Promise<AskServer>): AskServer {
  let loading: Promise<AskServer> | undefined;
  const loaded = (): Promise<AskServer> => {
    loading ??= load().catch((error: unknown) => {
      // The network may be back at the next try.
      loading = undefined;
      throw error;
    });
    return loading;
  };
  // Not needed yet, so it must not delay the page; the first use reports a failure. Safari has no idle callbacks.
  const whenIdle = globalThis.requestIdleCallback ?? ((work: () => void) => work());
  whenIdle(() => void loaded().catch(() => undefined));
  return async function* ask(call, signal, onSignIn) {
    yield* (await waitFor(loaded(), signal))(call, signal, onSignIn);
  };
}
