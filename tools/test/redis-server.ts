import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "#tests/integration/free-ports.ts";
import { startService, type ServiceProcess } from "./service-process.ts";

const readyTimeoutMs = 60_000;

/** A Redis of its own, which remembers nothing over a stop. Disposing stops it. */
export interface RedisServer extends AsyncDisposable {
  /** Stays the same when the server starts again. */
  readonly url: string;
  readonly port: number;
  /** Ends it: clients are cut off. Does nothing when it is not running. */
  stop(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(signal?: AbortSignal): Promise<void>;
}

/**
 * Starts Redis on a free port of the loopback, without persistence.
 *
 * @example await using redis = await startRedis(AbortSignal.timeout(30_000));
 */
export async function startRedis(signal: AbortSignal): Promise<RedisServer> {
  await using made = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "pipit-redis-"));
  made.defer(() => rm(folder, { recursive: true, force: true }));
  const [port = 0] = await freePorts(1);
  let service: ServiceProcess | undefined;
  const stop = async (): Promise<void> => {
    await service?.[Symbol.asyncDispose]();
    service = undefined;
  };
  made.defer(stop);
  const start = async (starting = AbortSignal.timeout(readyTimeoutMs)): Promise<void> => {
    if (service !== undefined) return;
    const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
    const args = [...place, "--save", "", "--appendonly", "no", "--maxmemory", "64mb"];
    const [command, ...rest] = endsWithUs("redis-server", args);
    service = startService({ name: "Redis", command, args: rest, env: {}, cwd: folder });
    await service.until(() => answers(port), readyTimeoutMs, starting);
  };
  await start(signal);
  const owned = made.move();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop,
    start,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** On Linux it also ends when this process is killed. */
function endsWithUs(program: string, args: readonly string[]): [command: string, ...args: string[]] {
  return process.platform === "linux"
    ? ["setpriv", "--pdeathsig=TERM", program, ...args]
    : [program, ...args];
}

async function answers(port: number): Promise<true | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [reply] = (await once(socket, "data")) as [Buffer];
    return reply.toString("latin1").startsWith("+PONG") ? true : undefined;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
