import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { startPostgres } from "./postgres-server.ts";
import { startRedis } from "./redis-server.ts";
import { startService } from "./service-process.ts";

/** A service that system tests and benchmarks run against. */
export type ServiceName = "sound" | "secrets" | "display" | "postgres" | "redis";

/** Running services. Disposing stops all of them and removes their folder. */
export interface Services extends AsyncDisposable {
  /** What clients must have in their environment to reach these services and no others. */
  readonly env: Readonly<Record<string, string>>;
}

/** Longest time until a service is ready. */
const readyTimeoutMs = 60_000;

/** The null sink's name; record what it plays from `${soundSinkName}.monitor`. */
const soundSinkName = "pipit";

/**
 * Starts the named services with a private runtime folder, so that neither the machine's own sound, keyring or screen
 * nor another test run is touched: PulseAudio with a null sink, a D-Bus session with an unlocked gnome-keyring,
 * Xvfb (1280x800x24) with openbox, and an empty PostgreSQL and Redis on free ports of the loopback.
 */
export async function startServices(names: readonly ServiceName[], signal: AbortSignal): Promise<Services> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "pipit-services-"));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o700);
  const starters = {
    sound: startSound,
    secrets: startSecrets,
    display: startDisplay,
    postgres: startDatabase,
    redis: startCounters,
  };
  const own: Own = (service) => started.use(service);
  const pieces = await Promise.all(names.map((name) => starters[name](folder, own, signal)));
  const base = { XDG_RUNTIME_DIR: folder, PIPIT_HOME: join(folder, "pipit-home") };
  const env: Record<string, string> = Object.assign(base, ...pieces);
  const owned = started.move();
  return { env, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Own = <T extends AsyncDisposable>(service: T) => T;
type Environment = Readonly<Record<string, string>>;

/** Without `norewinds` the first sound of a null sink comes 1 to 1.5 s late (measured). */
async function startSound(folder: string, own: Own, signal: AbortSignal): Promise<Environment> {
  const home = join(folder, "pulse");
  const socket = join(home, "native");
  await mkdir(home);
  const script = join(home, "default.pa");
  await writeFile(
    script,
    [
      `load-module module-native-protocol-unix socket=${socket} auth-anonymous=1`,
      `load-module module-null-sink sink_name=${soundSinkName} rate=48000 norewinds=1`,
      `set-default-sink ${soundSinkName}`,
      "",
    ].join("\n"),
  );
  const alsa = join(home, "asound.conf");
  await writeFile(
    alsa,
    "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n",
  );
  const env = { PULSE_SERVER: `unix:${socket}`, PULSE_COOKIE: join(home, "cookie"), ALSA_CONFIG_PATH: alsa };
  const service = own(
    startService({
      name: "PulseAudio",
      command: "pulseaudio",
      args: [
        "-n",
        "--daemonize=no",
        "--use-pid-file=no",
        "--exit-idle-time=-1",
        "--log-level=error",
        "-F",
        script,
      ],
      env: {
        PULSE_COOKIE: env.PULSE_COOKIE,
        PULSE_RUNTIME_PATH: home,
        PULSE_STATE_PATH: home,
        PULSE_SERVER: undefined,
        DISPLAY: undefined,
        DBUS_SESSION_BUS_ADDRESS: "disabled:",
      },
    }),
  );
  const ready = async (): Promise<true | undefined> => {
    const result = await runCommand("pactl", ["list", "short", "sinks"], { env }, signal);
    return result.code === 0 && result.stdout.includes(soundSinkName) ? true : undefined;
  };
  await service.until(ready, readyTimeoutMs, signal);
  return env;
}

/** A keyring of its own, unlocked with an empty-handed password; nothing of it outlives the folder. */
async function startSecrets(folder: string, own: Own, signal: AbortSignal): Promise<Environment> {
  const home = join(folder, "keyring");
  await mkdir(home, { mode: 0o700 });
  const socket = join(home, "bus");
  const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` };
  const bus = own(
    startService({
      name: "D-Bus",
      command: "dbus-daemon",
      args: ["--session", "--nofork", "--nopidfile", `--address=${env.DBUS_SESSION_BUS_ADDRESS}`],
      env: { XDG_DATA_HOME: home },
    }),
  );
  await bus.until(() => exists(socket), readyTimeoutMs, signal);
  const keyring = own(
    startService({
      name: "gnome-keyring",
      command: "gnome-keyring-daemon",
      args: ["--foreground", "--unlock", "--components=secrets", `--control-directory=${home}`],
      env: { ...env, HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home },
      input: "test\n",
    }),
  );
  const ask = [
    "--session",
    "--print-reply",
    "--dest=org.freedesktop.DBus",
    "/org/freedesktop/DBus",
    "org.freedesktop.DBus.NameHasOwner",
    "string:org.freedesktop.secrets",
  ];
  const ready = async (): Promise<true | undefined> => {
    const result = await runCommand("dbus-send", ask, { env }, signal);
    return result.stdout.includes("boolean true") ? true : undefined;
  };
  await keyring.until(ready, readyTimeoutMs, signal);
  return env;
}

/** A screen without hardware; openbox, because window lists need a window manager. */
async function startDisplay(folder: string, own: Own, signal: AbortSignal): Promise<Environment> {
  const home = join(folder, "display");
  await mkdir(home);
  const screen = own(
    startService({
      name: "Xvfb",
      command: "Xvfb",
      args: ["-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
      env: {},
    }),
  );
  let printed = "";
  screen.descriptor3.on("data", (piece: Buffer) => {
    printed += piece.toString("ascii");
  });
  const number = await screen.until(async () => /^(\d+)\n/.exec(printed)?.[1], readyTimeoutMs, signal);
  const env = { DISPLAY: `:${number}`, XDG_SESSION_TYPE: "x11", WAYLAND_DISPLAY: "" };
  const started = join(home, "openbox-started");
  const manager = own(
    startService({
      name: "openbox",
      command: "openbox",
      args: ["--sm-disable", "--startup", `touch ${started}`],
      env: { ...env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home },
    }),
  );
  await manager.until(() => exists(started), readyTimeoutMs, signal);
  return env;
}

async function startDatabase(_folder: string, own: Own, signal: AbortSignal): Promise<Environment> {
  return { PIPIT_TEST_DATABASE_URL: own(await startPostgres(signal, { inMemory: true })).url };
}

async function startCounters(_folder: string, own: Own, signal: AbortSignal): Promise<Environment> {
  return { PIPIT_TEST_REDIS_URL: own(await startRedis(signal)).url };
}

async function exists(path: string): Promise<true | undefined> {
  return stat(path).then(
    () => true,
    () => undefined,
  );
}
