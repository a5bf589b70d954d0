import { fork, spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type {
  ChildLauncher,
  HelperOptions,
  HelperProcess,
  ServiceOptions,
  ServiceProcess,
} from "./child-launcher.ts";

/** Starts helpers with the Node that runs this program. */
export const nodeChildLauncher: ChildLauncher = { startHelper, startService };

function startHelper(options: HelperOptions): HelperProcess {
  const child = fork(options.program, [], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "ignore", options.stderr, "ipc"],
    ...(options.environment === undefined ? {} : { env: { ...options.environment } }),
  });
  return {
    get pid() {
      return child.pid;
    },
    stderr: child.stderr ?? undefined,
    ended: endOf(child),
    send: (message) => {
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => void child.on("message", listener),
    leave: () => {
      if (child.connected) child.disconnect();
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

function startService(options: ServiceOptions): ServiceProcess {
  const child = spawn(process.execPath, [options.program, ...options.args], {
    // Its standard input ends with us: that is how it learns that we are gone.
    stdio: ["pipe", "pipe", options.stderrFd],
    // In a process group of its own, Ctrl-C in the terminal stops an answer and not the server.
    detached: process.platform !== "win32",
    windowsHide: true,
  }) as ChildProcessByStdio<Writable, Readable, null>;
  // The child may be gone when we say goodbye.
  child.stdin.on("error", () => undefined);
  return {
    get pid() {
      return child.pid;
    },
    stdout: child.stdout,
    ended: endOf(child).finally(() => child.stdin.destroy()),
    stop: () => {
      // Windows knows no gentle signal; the end of its input is one for our server.
      if (process.platform === "win32") child.stdin.end();
      else child.kill("SIGTERM");
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

function endOf(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once("exit", (code, signal) => resolve(signal ?? String(code)));
  // It could not be started, or its channel broke; an exit, if any, has been told first.
  child.on("error", (error) => {
    if (child.pid === undefined) resolve(error.message);
  });
  return promise;
}
