import { createStore } from "zustand/vanilla";
import type { ServerStatus } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { HttpClient } from "#engine/ports.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { MODELS_PATH, modelNameOf } from "#engine/wire/model-name.ts";

export interface PageServerStatusDeps {
  readonly http: HttpClient;
  readonly serverUrl: string;
  readonly isSignedIn: () => boolean;
  /** False when the machine itself has no network: that says nothing of the server. */
  readonly isOnline: () => boolean;
  readonly logger: Logger;
}

/** What is known of the page's server; looked at when something happens, never by a clock. */
export interface PageServerStatus {
  readonly store: ReadonlyStore<ServerStatus>;
  /** Asks the server how it is. Never throws; a look that is under way is shared. */
  look(signal: AbortSignal): Promise<void>;
}

export function createPageServerStatus(deps: PageServerStatusDeps): PageServerStatus {
  const store = createStore<ServerStatus>()(() => ({ kind: "starting" }));
  let looking: Promise<void> | undefined;
  const lookOnce = async (signal: AbortSignal): Promise<void> => {
    try {
      const next = await ask(deps, signal);
      store.setState(next, true);
    } catch (reason) {
      const error = PipitError.from(reason);
      if (error.code === "CANCELLED" || (!deps.isOnline() && store.getState().kind === "ready")) return;
      deps.logger.info("server.unreachable", { code: error.code });
      store.setState({ kind: "unreachable", code: error.code, message: error.message }, true);
    }
  };
  return {
    store,
    look(signal) {
      looking ??= lookOnce(signal).finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

async function ask(deps: PageServerStatusDeps, signal: AbortSignal): Promise<ServerStatus> {
  const { http } = deps;
  const health = await http.request({ method: "GET", path: "/health" }, signal);
  if (health.status !== 200) {
    throw new PipitError(
      "SERVER_UNREACHABLE",
      "The server runs, but its database does not answer. Its log has the details.",
      { detail: `HTTP ${health.status}` },
    );
  }
  // The page cannot use the local account's secret, wherever the server runs.
  const ready = { kind: "ready", httpUrl: deps.serverUrl, own: false } as const;
  if (!deps.isSignedIn()) return ready;
  const response = await http.request({ method: "GET", path: MODELS_PATH }, signal);
  const model = modelNameOf(response.body);
  return model === undefined ? ready : { ...ready, model };
}
