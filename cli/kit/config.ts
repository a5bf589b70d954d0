import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** What the terminal client needs to know; flags win over environment, environment over config.toml. */
export interface CliConfig {
  /** All client state, default ~/.pipit. */
  readonly home: string;
  /** Set when a person named a server; the embedded one is then never started. */
  readonly serverUrl: string | undefined;
  /** host:port or https://host:port of the gRPC port, when named. */
  readonly grpcUrl: string | undefined;
  /** BCP 47, from LC_ALL, LC_MESSAGES or LANG. */
  readonly locale: string;
  readonly colour: boolean;
  /** For the screen and hotkey checks: whether a graphical session is there. */
  readonly display: { readonly x11: string | undefined; readonly wayland: string | undefined };
  /** Playback loudness, 0 to 1 (config.toml `volume`). */
  readonly volume: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's own environment; everything else is handed it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** All client state: PIPIT_HOME, or `~/.pipit`. */
export function homeOf(env: Environment): string {
  return resolve(env["PIPIT_HOME"] || join(homedir(), ".pipit"));
}

/** Lets the Node programs that this one starts use the compiled code in `folder`, too. */
export function shareCompiledCode(folder: string): void {
  process.env["NODE_COMPILE_CACHE"] ??= folder;
}
