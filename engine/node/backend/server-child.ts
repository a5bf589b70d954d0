import { createInterface } from "node:readline";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { withTimeout } from "#engine/abort.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { ChildLauncher, ServiceProcess } from "../processes/child-launcher.ts";
import { nodeChildLauncher } from "../processes/node-child-launcher.ts";
import { parseRuntimeInfo } from "./runtime-info.ts";
import type { ServerLog } from "./server-log.ts";

/** Migrations of a large database run before a server is ready. */
const READY_TIMEOUT_MS = 60_000;
/** A server lets running streams finish for 10 s; after this it is ended. */
const STOP_TIMEOUT_MS = 15_000;

export interface ServerChildOptions {
  readonly serverEntry: string;
  readonly dataDir: string;
  readonly log: ServerLog;
  /** How the process is started. Default: by Node. */
  readonly launcher?: ChildLauncher | undefined;
}

/** A server process that this program started. */
export type ServerChild = ReturnType<typeof startServerChild>;

/** Starts a server on free loopback ports. It ends when disposed, and with this program, even if that crashes. */
export function startServerChild(options: ServerChildOptions) {
  const child = (options.launcher ?? nodeChildLauncher).startService({
    program: options.serverEntry,
    args: ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", options.dataDir, "--embedded"],
    stderrFd: options.log.fd,
  });
  const firstLine = Promise.withResolvers<string | undefined>();
  const lines = createInterface({ input: child.stdout });
  lines.once("line", (line) => firstLine.resolve(line));
  // What it may print later must not fill the pipe.
  lines.on("line", () => undefined);
  let gone = false;
  void child.ended.then(() => {
    gone = true;
    firstLine.resolve(undefined);
  });
  return {
    /** Undefined when it could not even be started. */
    get pid(): number | undefined {
      return child.pid;
    },
    /** Resolves when it says that it is ready; undefined when it ended before that. Throws CANCELLED, DEADLINE_EXCEEDED. */
    async ready(signal: AbortSignal): Promise<RuntimeInfo | undefined> {
      const line = await withTimeout(systemClock, READY_TIMEOUT_MS, signal, () => firstLine.promise, late);
      return line === undefined ? undefined : parseRuntimeInfo(line);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      if (!gone) await stop(child);
    },
  };
}

function late(): PipitError {
  return new PipitError("DEADLINE_EXCEEDED", `The server was not ready within ${READY_TIMEOUT_MS / 1000} s.`);
}

async function stop(child: ServiceProcess): Promise<void> {
  child.stop();
  const timer = setTimeout(() => child.kill(), STOP_TIMEOUT_MS);
  await child.ended;
  clearTimeout(timer);
}
