import { createStore, type StoreApi } from "zustand/vanilla";
import type { AuthState } from "#contract/auth-state.ts";
import { initialChatState, type ChatState } from "#contract/chat-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { AppClient } from "./app-ports.ts";

/** The client of the server that is set now, behind stores that outlive it. */
export type CurrentClient = ReturnType<typeof createCurrentClient>;

/** Opens the first client at once. */
export function createCurrentClient(open: () => Promise<AppClient>) {
  const chat = createStore<ChatState>(() => initialChatState);
  const auth = createStore<AuthState>(() => ({ kind: "unknown" }));
  let current = follow();
  let closed = false;

  async function follow(): Promise<Followed> {
    const client = await open();
    const stops = [mirror(client.engine.store, chat), mirror(client.session.store, auth)];
    return { client, stops };
  }
  /** Closes this one and opens the next; resolves when that is there. @throws what `open` throws */
  async function replace(): Promise<AppClient> {
    if (closed) throw new PipitError("CANCELLED", "Pipit is closing.");
    const next = current.then(close, () => undefined).then(() => follow());
    current = next;
    // Every caller of `get` hears of a failure; this promise has no other reader.
    next.catch(() => undefined);
    return (await next).client;
  }

  current.catch(() => undefined);
  return {
    chat: chat as ReadonlyStore<ChatState>,
    auth: auth as ReadonlyStore<AuthState>,
    /** Rejects with what opening it threw. */
    get: async () => (await current).client,
    replace,
    async [Symbol.asyncDispose](): Promise<void> {
      closed = true;
      await current.then(close, () => undefined);
    },
  };
}

interface Followed {
  readonly client: AppClient;
  readonly stops: readonly (() => void)[];
}

async function close({ client, stops }: Followed): Promise<void> {
  for (const stop of stops) stop();
  await client[Symbol.asyncDispose]();
}

function mirror<T>(from: ReadonlyStore<T>, to: StoreApi<T>): () => void {
  const copy = (state: T): void => to.setState(state, true);
  copy(from.getState());
  return from.subscribe(copy);
}
