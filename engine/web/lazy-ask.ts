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
  // At once, not when the page is idle: a browser remembers that a script could not be fetched, so a server that goes away
  // in between would leave a page that cannot send until it is loaded anew. The first use reports a failure.
  void loaded().catch(() => undefined);
  return async function* ask(call, signal, onSignIn) {
    yield* (await waitFor(loaded(), signal))(call, signal, onSignIn);
  };
}
