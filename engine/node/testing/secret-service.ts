import { execFileSync, spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { environmentWithout } from "./config.ts";

interface OwnSecretService extends AsyncDisposable {
  readonly environment: Record<string, string>;
  lock(): void;
  restartUnlocked(): Promise<void>;
}

/** D-Bus and gnome-keyring with a keyring under `folder`, unlocked with a password that no dialog can ask for. */
export async function startSecretService(folder: string): Promise<OwnSecretService> {
  const home = join(folder, "keyring");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const socket = `unix:path=${join(home, "bus")}`;
  const environment = {
    ...environmentWithout("DISPLAY", "WAYLAND_DISPLAY"),
    DBUS_SESSION_BUS_ADDRESS: socket,
    HOME: home,
    XDG_DATA_HOME: home,
    XDG_RUNTIME_DIR: home,
  };
  const options = { env: environment, stdio: ["pipe", "ignore", "ignore"] as ("pipe" | "ignore")[] };
  const bus = spawn("dbus-daemon", ["--session", "--nofork", "--nopidfile", `--address=${socket}`], options);
  await expect.poll(() => readdir(home), { timeout: 30_000 }).toContain("bus");
  const send = (...args: string[]) =>
    execFileSync("dbus-send", ["--session", "--print-reply", ...args], {
      env: environment,
      stdio: ["ignore", "pipe", "ignore"],
    }).toString();
  const start = async () => {
    const daemon = spawn(
      "gnome-keyring-daemon",
      ["--foreground", "--unlock", "--components=secrets", `--control-directory=${home}`],
      options,
    );
    daemon.stdin?.end("test\n");
    const hasOwner = [
      "--dest=org.freedesktop.DBus",
      "/org/freedesktop/DBus",
      "org.freedesktop.DBus.NameHasOwner",
      "string:org.freedesktop.secrets",
    ];
    await expect.poll(() => send(...hasOwner), { timeout: 30_000 }).toContain("boolean true");
    return daemon;
  };
  const stop = async (daemon: ReturnType<typeof spawn>) => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const exited = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill();
    await exited;
  };
  let daemon = await start();
  return {
    environment,
    lock() {
      send(
        "--dest=org.freedesktop.secrets",
        "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service.Lock",
        "array:objpath:/org/freedesktop/secrets/collection/login",
      );
    },
    async restartUnlocked() {
      await stop(daemon);
      daemon = await start();
    },
    async [Symbol.asyncDispose]() {
      await stop(daemon);
      await stop(bus);
    },
  };
}
