import { createStore } from "zustand/vanilla";
import type { ServerStatus } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import type { Logger } from "#contract/logger.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { MODELS_PATH, modelNameOf } from "#engine/wire/model-name.ts";

/** A server that dies at once is not started again in a circle. */
const RESTART_WAITS_MS = [0, 500, 2_000, 8_000, 30_000];
/** One that ran this long has not failed at its start. */
const STEADY_MS = 60_000;

/** What is known of the server, and its being looked after. */
export interface ServerWatch extends Disposable {
  readonly status: ReadonlyStore<ServerStatus>;
  /** Looks for the server (starts our own if none runs) and tells how it is. Never throws. */
  look(): Promise<void>;
  /** Our own server has ended without being asked: it is started again, ever more slowly if it keeps ending. */
  ended(): void;
}

/** `client` is asked anew each time: it changes with the settings. */
export function createServerWatch(client: () => Promise<Client>, logger: Logger): ServerWatch {
  const status = createStore<ServerStatus>(() => ({ kind: "starting" }));
  const stop = new AbortController();
  let looking: Promise<void> | undefined;
  let fails = 0;
  let lastEndMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  async function lookOnce(): Promise<void> {
    try {
      const present = await client();
      // A link that still believes in a server that is gone finds out by asking it.
      await present.link.http.request({ method: "GET", path: "/health" }, stop.signal).catch(() => undefined);
      const handle = await present.link.connect(stop.signal);
      const known: ServerStatus = {
        kind: "ready",
        httpUrl: handle.httpUrl,
        own: handle.own,
        ...(handle.setAside === undefined ? {} : { setAside: handle.setAside }),
      };
      status.setState(known, true);
      const model = await readModel(present, stop.signal);
      if (model !== undefined) status.setState({ ...known, model }, true);
    } catch (reason) {
      if (stop.signal.aborted) return;
      const error = PipitError.from(reason);
      logger.warn("server_watch.unreachable", { code: error.code, detail: error.detail });
      status.setState({ kind: "unreachable", code: error.code, message: error.message }, true);
    }
  }
  const look = (): Promise<void> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  return {
    status,
    look,
    ended() {
      if (stop.signal.aborted) return;
      const nowMs = performance.now();
      fails = nowMs - lastEndMs > STEADY_MS ? 0 : fails + 1;
      lastEndMs = nowMs;
      const waitMs = RESTART_WAITS_MS[Math.min(fails, RESTART_WAITS_MS.length - 1)] ?? 0;
      logger.warn("server_watch.restart", { fails, waitMs });
      clearTimeout(timer);
      timer = setTimeout(() => void look(), waitMs);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      stop.abort(new PipitError("CANCELLED", "Pipit is closing."));
    },
  };
}

/** Name of the language model; undefined when signed out, when only the built-in answers are there, or unknown. */
async function readModel(client: Client, signal: AbortSignal): Promise<string | undefined> {
  if (client.session.store.getState().kind !== "signed-in") return undefined;
  try {
    const token = await client.session.accessToken(signal);
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await client.link.http.request(
      { method: "GET", path: MODELS_PATH, headers },
      signal,
    );
    return status === 200 ? modelNameOf(body) : undefined;
  } catch {
    // The status line can do without.
    return undefined;
  }
}
