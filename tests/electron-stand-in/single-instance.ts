import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnNodeSync } from "./child/no-run-as-node.ts";

/** What a second start tells the first. */
export interface SecondInstance {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly data: unknown;
}

/** The lock of one profile folder; held until the process ends. */
export interface SingleInstance {
  release(): void;
}

/** Connects, writes its input, waits until the first instance closes: run synchronously, before the app goes on to quit. */
const teller = `
const net = require("node:net"), path = process.argv[1], text = require("node:fs").readFileSync(0);
const deadline = Date.now() + 5000;
(function go() {
  const socket = net.connect(path, () => socket.end(text));
  socket.on("error", () => Date.now() < deadline ? setTimeout(go, 50) : process.exit(1));
})();`;

/**
 * Electron's rule: the first process of a profile folder gets the lock; the others tell it their arguments and get
 * undefined. A lock whose process is dead is taken over.
 */
export function takeSingleInstance(
  profile: string,
  data: unknown,
  onSecond: (second: SecondInstance) => void,
): SingleInstance | undefined {
  mkdirSync(profile, { recursive: true });
  const lock = join(profile, "SingletonLock");
  // A socket's path has room for about 100 characters, a profile's may be longer.
  const name = createHash("sha256").update(profile).digest("hex").slice(0, 20);
  const socketPath = join(tmpdir(), `stand-in-${name}.sock`);
  if (!takeLock(lock)) {
    const second: SecondInstance = { argv: process.argv, cwd: process.cwd(), data };
    spawnNodeSync(process.execPath, ["-e", teller, socketPath], {
      input: JSON.stringify(second),
      timeout: 10_000,
    });
    return undefined;
  }
  rmSync(socketPath, { force: true });
  const server = listen(socketPath, onSecond);
  return {
    release() {
      server.close();
      rmSync(socketPath, { force: true });
      rmSync(lock, { force: true });
    },
  };
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    const owner = Number(readFileSync(lock, "utf8"));
    if (isAlive(owner)) return false;
    rmSync(lock, { force: true });
    return takeLock(lock);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function listen(socketPath: string, onSecond: (second: SecondInstance) => void): Server {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", () => undefined);
    socket.on("data", (piece: string) => (text += piece));
    socket.on("end", () => {
      socket.end();
      if (text !== "") onSecond(JSON.parse(text) as SecondInstance);
    });
  });
  server.listen(socketPath);
  server.unref();
  return server;
}
