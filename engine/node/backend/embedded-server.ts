import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { ChildLauncher } from "../processes/child-launcher.ts";
import { parseServerUrl } from "../http/http-client.ts";
import { askHealth, findRunningServer, isDataFolderHeld } from "./running-server.ts";
import { startServerChild, type ServerChild } from "./server-child.ts";
import { openServerLog, type ServerLog } from "./server-log.ts";

const DEFAULT_HTTP_URL = "http://127.0.0.1:8787";
const DEFAULT_GRPC_PORT = 50_051;
/** Between taking the data folder and saying so in it. */
const HOLDER_GRACE_MS = 500;
const POLL_EVERY_MS = 50;

export interface EnsureServerOptions {
  /** PIPIT_HOME; the server's data is `<home>/server`. */
  readonly home: string;
  /** Set only when the person named a server; then nothing else is tried and nothing is started. */
  readonly httpUrl?: string | undefined;
  /** host:port; default: on the host of `httpUrl`, the port that the server tells, else 50051. */
  readonly grpcUrl?: string | undefined;
  /** Start one when none is named and none runs. Default true. */
  readonly spawn?: boolean;
  /** Program whose arguments are `--http --grpc --data --embedded`, e.g. /…/server/main.ts. */
  readonly serverEntry: string;
  /** How it is started. Default: by Node. */
  readonly launcher?: ChildLauncher | undefined;
  readonly logger: Logger;
}

/** A server that answers. Disposing stops it if this process started it. */
export interface ServerHandle extends AsyncDisposable {
  /** e.g. "http://127.0.0.1:8787" */
  readonly httpUrl: string;
  /** host:port */
  readonly grpcUrl: string;
  /** True if this process started the server, which then ends with it. */
  readonly started: boolean;
  /** Its data lies in `<home>/server`, so the local account and its bootstrap secret are this person's. */
  readonly own: boolean;
  /** Where this server moved a damaged database when it started; the person should know. */
  readonly setAside?: string | undefined;
}

/**
 * Finds the server to talk to, or starts it. In this order: the one the person named; the one that
 * `<home>/server/runtime.json` names, if it answers; a new one, if `spawn`. A server that merely listens on the default
 * port is not taken: it may be another program's. Programs that start at the same time end up with one server.
 *
 * @throws PipitError SERVER_UNREACHABLE naming the cure and the server's last log line; CONFIG_INVALID, CANCELLED.
 */
export async function ensureServer(options: EnsureServerOptions, signal: AbortSignal): Promise<ServerHandle> {
  const dataDir = resolve(options.home, "server");
  if (options.httpUrl !== undefined || options.grpcUrl !== undefined)
    return await useNamed(options, dataDir, signal);
  const running = await findRunningServer(dataDir, signal);
  if (running !== undefined) return toHandle(running);
  if (options.spawn === false) {
    throw new PipitError(
      "SERVER_UNREACHABLE",
      "No Pipit server runs here. Start one with `pipit serve`, or name one with PIPIT_SERVER_URL.",
    );
  }
  return await startOrShare(options, dataDir, signal);
}

async function useNamed(
  options: EnsureServerOptions,
  dataDir: string,
  signal: AbortSignal,
): Promise<ServerHandle> {
  const httpUrl = options.httpUrl ?? DEFAULT_HTTP_URL;
  const health = await askHealth(httpUrl, signal);
  if (health === undefined) {
    throw new PipitError(
      "SERVER_UNREACHABLE",
      `No Pipit server answers at ${httpUrl}. Check that it runs, and PIPIT_SERVER_URL and PIPIT_GRPC_URL.`,
    );
  }
  // The name is the one that the person has given: a server may not send its clients to another.
  const { hostname } = parseServerUrl(httpUrl);
  const grpcUrl = options.grpcUrl ?? `${hostname}:${health.grpcPort ?? DEFAULT_GRPC_PORT}`;
  const local = await findRunningServer(dataDir, signal);
  const own = local !== undefined && new URL(local.httpUrl).origin === new URL(httpUrl).origin;
  return { httpUrl, grpcUrl, started: false, own, ...notOurs };
}

/** What another program started, it stops. */
const notOurs: AsyncDisposable = { [Symbol.asyncDispose]: async () => undefined };

function toHandle(info: RuntimeInfo): ServerHandle {
  const { httpUrl, grpcUrl, setAside } = info;
  return { httpUrl, grpcUrl, setAside, started: false, own: true, ...notOurs };
}

async function startOrShare(
  options: EnsureServerOptions,
  dataDir: string,
  signal: AbortSignal,
): Promise<ServerHandle> {
  await using owned = new AsyncDisposableStack();
  const log = owned.use(await openServerLog(dataDir));
  const child = owned.use(startServerChild({ ...options, dataDir, log }));
  const found = await firstReady(child, dataDir, signal).catch(async (error: unknown) => {
    throw signal.aborted ? PipitError.from(signal.reason) : await startFailed(log, error);
  });
  if (found === undefined) throw await startFailed(log);
  const { httpUrl, grpcUrl, pid } = found;
  if (pid !== child.pid) {
    options.logger.info("embedded_server.shared", { httpUrl, grpcUrl, pid });
    return toHandle(found);
  }
  options.logger.info("embedded_server.started", { httpUrl, grpcUrl, pid });
  const kept = owned.move();
  return { ...toHandle(found), started: true, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Our server, or the one of a program that started at the same time and was first to take the data folder. */
async function firstReady(
  child: ServerChild,
  dataDir: string,
  signal: AbortSignal,
): Promise<RuntimeInfo | undefined> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  const own = child.ready(either);
  const other = waitForOther(dataDir, own, either);
  // Losing the race is not an error.
  for (const racer of [own, other]) racer.catch(() => undefined);
  try {
    return (await Promise.race([own, other])) ?? (await other);
  } finally {
    settled.abort();
  }
}

/** Undefined once our own server has ended and no other holds the data folder: then none will be ready. */
async function waitForOther(
  dataDir: string,
  own: Promise<unknown>,
  signal: AbortSignal,
): Promise<RuntimeInfo | undefined> {
  let hopelessSinceMs = Number.POSITIVE_INFINITY;
  const onEnded = () => {
    hopelessSinceMs = performance.now();
  };
  own.then(onEnded, onEnded);
  for (;;) {
    const running = await findRunningServer(dataDir, signal);
    if (running !== undefined) return running;
    const hopeless = performance.now() - hopelessSinceMs > HOLDER_GRACE_MS;
    if (hopeless && !(await isDataFolderHeld(dataDir))) return undefined;
    await sleep(POLL_EVERY_MS, undefined, { signal });
  }
}

async function startFailed(log: ServerLog, cause?: unknown): Promise<PipitError> {
  const line = await log.lastLine();
  const said = line === "" ? "" : ` It said: ${line.slice(0, 500)}`;
  const message = `The Pipit server did not start.${said} The whole log is in ${log.path}.`;
  return new PipitError("SERVER_UNREACHABLE", message, { cause });
}
