import type { StoreApi } from "zustand/vanilla";
import type { AppState } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";

export interface ServerLookDeps extends Pick<AppPorts, "isOnline" | "logger"> {
  /** Asked anew each time: it changes with the settings. */
  readonly client: () => Promise<AppClient>;
  readonly state: StoreApi<Pick<AppState, "server">>;
  /** Of the server that is set now; aborts when another one is, and when the application ends. */
  readonly signal: () => AbortSignal;
}

/**
 * Makes the look at the server: how it is, and with which model. Never throws; a look at the same server that is under way
 * is shared, and one at the server before is not shown any more.
 */
export function createServerLook(deps: ServerLookDeps): () => Promise<void> {
  let looking: { readonly signal: AbortSignal; readonly done: Promise<void> } | undefined;
  return () => {
    const signal = deps.signal();
    if (looking?.signal !== signal) {
      const done = look(deps, signal).finally(() => {
        if (looking?.signal === signal) looking = undefined;
      });
      looking = { signal, done };
    }
    return looking.done;
  };
}

async function look({ client, state, isOnline, logger }: ServerLookDeps, signal: AbortSignal): Promise<void> {
  try {
    const current = await client();
    const ready = { kind: "ready", ...(await current.findServer(signal)) } as const;
    signal.throwIfAborted();
    const before = state.getState().server;
    // The name of the model may take its time, and stays on show while it is asked for again.
    if (before.kind !== "ready" || before.httpUrl !== ready.httpUrl) state.setState({ server: ready });
    const model = await readModel(current, signal);
    signal.throwIfAborted();
    state.setState({ server: model === undefined ? ready : { ...ready, model } });
  } catch (reason) {
    if (signal.aborted || (isOnline?.() === false && state.getState().server.kind === "ready")) return;
    const { code, message, detail } = PipitError.from(reason);
    logger.warn("server.unreachable", { code, detail });
    state.setState({ server: { kind: "unreachable", code, message } });
  }
}

/**
 * The model of the chat that is shown; null: only the built-in answers are there. Undefined when signed out or not to be
 * had: the status line can do without.
 */
async function readModel(client: AppClient, signal: AbortSignal): Promise<string | null | undefined> {
  if (client.session.store.getState().kind !== "signed-in") return undefined;
  for (;;) {
    const { chatId } = client.engine.store.getState();
    const model = await client.history.modelName(signal, chatId).catch(() => undefined);
    // Another chat may be on show by now.
    if (client.engine.store.getState().chatId === chatId) return model;
  }
}
