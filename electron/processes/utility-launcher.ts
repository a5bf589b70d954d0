import { createWriteStream, fstatSync } from "node:fs";
import type { Readable } from "node:stream";
import { dirname } from "node:path";
import type { UtilityProcess } from "electron";
import { isLeave, LEAVE } from "#contract/processes/leave-message.ts";
import type {
  ChildLauncher,
  HelperOptions,
  HelperProcess,
  ServiceOptions,
  ServiceProcess,
} from "#engine/node/processes/child-launcher.ts";
import { serveJobProcesses } from "./job-processes.ts";
import { endNow, forkChild, postTo, type Forker } from "./utility-child.ts";

/** Time in which a process that ends may still write its last lines. */
const LAST_WORDS_MS = 300;

/**
 * Starts our programs as Electron utility processes: with the RunAsNode fuse off, the app's own binary is no Node any
 * more. Such a process ends with the app, because Chromium ends every child whose browser process is gone.
 *
 * @param onServiceLost our server has ended without having been asked to
 */
export function createUtilityLauncher(utilityProcess: Forker, onServiceLost: () => void): ChildLauncher {
  return {
    startHelper: (helper) => startHelper(utilityProcess, helper),
    startService: (service) => startService(utilityProcess, service, onServiceLost),
  };
}

function startHelper(utilityProcess: Forker, options: HelperOptions): HelperProcess {
  const child = forkChild(utilityProcess, options.program, [], {
    stdio: ["ignore", "ignore", options.stderr],
    serviceName: "Pipit Helper",
    ...(options.environment === undefined ? {} : { env: { ...options.environment } }),
  });
  const life = followLife(child);
  return {
    get pid() {
      return child.pid;
    },
    stderr: (child.stderr as Readable | null) ?? undefined,
    ended: life.ended,
    send: (message) => {
      if (!life.gone()) postTo(child, message);
    },
    onMessage: (listener) =>
      void child.on("message", (message: unknown) => {
        if (!isLeave(message)) listener(message);
      }),
    leave: () => {
      if (!life.gone()) child.postMessage(LEAVE);
    },
    kill: () => void child.kill(),
  };
}

function startService(
  utilityProcess: Forker,
  service: ServiceOptions,
  onServiceLost: () => void,
): ServiceProcess {
  const child = forkChild(utilityProcess, service.program, [...service.args], {
    stdio: ["ignore", "pipe", "pipe"],
    serviceName: "Pipit Server",
  });
  const life = followLife(child);
  serveJobProcesses(child, dirname(service.program), utilityProcess);
  let asked = false;
  void life.ended.then(() => {
    if (!asked) onServiceLost();
  });
  if (child.stderr !== null) copyTo(service.stderrFd, child.stderr as Readable);
  if (child.stdout === null) throw new Error("a service needs its standard output");
  return {
    get pid() {
      return child.pid;
    },
    stdout: child.stdout as Readable,
    ended: life.ended,
    stop() {
      asked = true;
      if (!life.gone()) child.postMessage(LEAVE);
    },
    kill() {
      asked = true;
      endNow(child);
    },
  };
}

/** A utility process does not end by itself: one that says it is done is ended. */
function followLife(child: UtilityProcess) {
  const { promise, resolve } = Promise.withResolvers<string>();
  let gone = false;
  let timer: NodeJS.Timeout | undefined;
  child.once("exit", (code) => {
    gone = true;
    clearTimeout(timer);
    resolve(String(code));
  });
  child.on("message", (message: unknown) => {
    if (isLeave(message)) timer = setTimeout(() => endNow(child), LAST_WORDS_MS);
  });
  return { ended: promise, gone: () => gone };
}

/** Into a file that the caller opened and will close. */
function copyTo(fd: number, from: Readable): void {
  fstatSync(fd);
  const file = createWriteStream("", { fd, autoClose: false });
  // A full disk must not end the app; the log is then short.
  file.on("error", () => from.resume());
  from.pipe(file, { end: false });
}
