import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { homeOf, type Environment } from "#contract/environment.ts";
import { nearestName } from "#contract/names/setting-names.ts";

const ownSwitches: readonly string[] = ["--toggle", "--show", "--cli"];
/** A switch with more than these, or with more than a third of its letters wrong, is another one. */
const MAX_SLIPS = 2;

/** What the desktop app is told from outside; everything else is in its settings. */
export type DesktopConfig = ReturnType<typeof readConfig>;

/** Reads the environment and the command line; nothing else in `electron/` does. */
export function readConfig(env: Environment = process.env, argv: readonly string[] = process.argv) {
  return {
    /** PIPIT_HOME: all state, default ~/.pipit. */
    home: resolve(homeOf(env, homedir())),
    /** The server that this start is for, when one was named (PIPIT_SERVER_URL). */
    serverUrl: env["PIPIT_SERVER_URL"] || undefined,
    /** Its gRPC port, host:port (PIPIT_GRPC_URL). */
    grpcUrl: env["PIPIT_GRPC_URL"] || undefined,
    /** Certificates to trust besides the authorities that are known anyway, PEM (PIPIT_CA_FILE). */
    caFile: env["PIPIT_CA_FILE"] || undefined,
    display: { x11: env["DISPLAY"] || undefined, wayland: env["WAYLAND_DISPLAY"] || undefined },
    /** Where Windows is. */
    systemRoot: env["SystemRoot"] || "C:\\Windows",
    /** Whether the session's message bus can be asked (Linux). */
    sessionBus: (env["DBUS_SESSION_BUS_ADDRESS"] || env["XDG_RUNTIME_DIR"] || "") !== "",
    /** The `pipit:` link that this start was for. */
    deepLink: deepLinkOf(argv),
    /** The command line of the terminal client, when that is what was started. */
    terminalArgs: terminalArgsOf(argv, process.defaultApp === true),
    misspelt: misspeltSwitch(argv),
    env,
    /** What else it was for, when it was for more than to run. */
    wish: wishOf(argv),
    /** The file that this app runs out of, where that is an AppImage: the program itself lies in a mount that goes. */
    appImage: env["APPIMAGE"] || undefined,
  };
}

/** The link in a command line: systems start the app, or a second one, with it as an argument. */
export function deepLinkOf(argv: readonly string[]): string | undefined {
  return argv.find((argument) => /^pipit:/iu.test(argument));
}

/**
 * `--toggle` and `--show` in a command line: what a key of the desktop itself runs, where the desktop keeps such keys from
 * apps, and where there is no `npx pipit toggle`.
 */
export function wishOf(argv: readonly string[]): "toggle" | "show" | undefined {
  if (argv.includes("--toggle")) return "toggle";
  return argv.includes("--show") ? "show" : undefined;
}

/**
 * The first switch that is none of ours and so like one that it must be meant, with that one. What is like none goes by: Chromium
 * and Electron have hundreds of their own, which nobody can ask them for.
 */
export function misspeltSwitch(argv: readonly string[]): { given: string; meant: string } | undefined {
  for (const given of argv.slice(1)) {
    // What stands behind these is no switch, or the terminal client's.
    if (given === "--" || given === "--cli") return undefined;
    if (!given.startsWith("-") || ownSwitches.includes(given)) continue;
    const [name = ""] = given.split("=");
    const letters = name.replace(/^-+/u, "").length;
    const meant = nearestName(name, ownSwitches, Math.min(MAX_SLIPS, Math.floor(letters / 3)));
    if (meant !== undefined) return { given, meant };
  }
  return undefined;
}

/**
 * What stands behind `--cli` of `Pipit --cli ...`; before it there may only be switches: a link that the system passes on
 * cannot become a command.
 *
 * @param withMain the program is Electron, and names the app's main file first
 */
export function terminalArgsOf(argv: readonly string[], withMain: boolean): readonly string[] | undefined {
  const own = argv.slice(withMain ? 2 : 1);
  const at = own.indexOf("--cli");
  return at >= 0 && own.slice(0, at).every((argument) => argument.startsWith("--"))
    ? own.slice(at + 1)
    : undefined;
}

/** Where the parts of the built app lie: `dist/electron/main.js` is the caller. */
export function builtParts(callerUrl: string) {
  const at = (path: string): string => fileURLToPath(new URL(path, callerUrl));
  return {
    preload: at("./preload.cjs"),
    renderer: at("../renderer"),
    serverEntry: at("../server/main.js"),
    trayIcons: at("../../assets/tray"),
    terminal: new URL("../cli/program.js", callerUrl).href,
  } as const;
}
