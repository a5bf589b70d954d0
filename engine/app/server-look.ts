import type { StoreApi } from "zustand/vanilla";
import type { AppState } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";

export interface ServerLookDeps extends Pick<AppPorts, "isOnline" | "logger"> {
  /** Asked anew each time: it changes with the settings. */
  readonly client: () => Promise<AppClient>;
  readonly state: StoreApi<Pick<AppState, "server">>;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

/** Makes the look at the server: how it is, and with which model. Never throws; a look that is under way is shared. */
export function createServerLook(deps: ServerLookDeps): () => Promise<void> {
  let looking: Promise<void> | undefined;
  return () => {
    looking ??= look(deps).finally(() => {
      looking = undefined;
    });
    return looking;
  };
}

async function look({ client, state, signal, isOnline, logger }: ServerLookDeps): Promise<void> {
  try {
    const current = await client();
    const ready = { kind: "ready", ...(await current.findServer(signal)) } as const;
    const before = state.getState().server;
    // The name of the model may take its time, and stays on show while it is asked for again.
    if (before.kind !== "ready" || before.httpUrl !== ready.httpUrl) state.setState({ server: ready });
    const model = await readModel(current, signal);
    state.setState({ server: model === undefined ? ready : { ...ready, model } });
  } catch (reason) {
    if (signal.aborted || (isOnline?.() === false && state.getState().server.kind === "ready")) return;
    const { code, message, detail } = PipitError.from(reason);
    logger.warn("server.unreachable", { code, detail });
    state.setState({ server: { kind: "unreachable", code, message } });
  }
}

/** Undefined when signed out, when only the built-in answers are there, or unknown: the status line can do without. */
async function readModel(client: AppClient, signal: AbortSignal): Promise<string | undefined> {
  if (client.session.store.getState().kind !== "signed-in") return undefined;
  return await client.history.modelName(signal).catch(() => undefined);
}
