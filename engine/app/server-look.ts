import type { ServerStatus } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";

export interface ServerLookDeps extends Pick<AppPorts, "isOnline" | "logger"> {
  /** Asked anew each time: it changes with the settings. */
  readonly client: () => Promise<AppClient>;
  readonly get: () => ServerStatus;
  readonly set: (status: ServerStatus) => void;
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

async function look({ client, get, set, signal, isOnline, logger }: ServerLookDeps): Promise<void> {
  try {
    const current = await client();
    const ready = { kind: "ready", ...(await current.findServer(signal)) } as const;
    const before = get();
    // The name of the model may take its time, and stays on show while it is asked for again.
    if (before.kind !== "ready" || before.httpUrl !== ready.httpUrl) set(ready);
    const model = await readModel(current, signal);
    set(model === undefined ? ready : { ...ready, model });
  } catch (reason) {
    if (signal.aborted || (isOnline?.() === false && get().kind === "ready")) return;
    const { code, message, detail } = PipitError.from(reason);
    logger.warn("server.unreachable", { code, detail });
    set({ kind: "unreachable", code, message });
  }
}

/** Undefined when signed out, when only the built-in answers are there, or unknown: the status line can do without. */
async function readModel(client: AppClient, signal: AbortSignal): Promise<string | undefined> {
  if (client.session.store.getState().kind !== "signed-in") return undefined;
  return await client.history.modelName(signal).catch(() => undefined);
}
