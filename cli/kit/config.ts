import type { Environment } from "#contract/environment.ts";

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
  /** Whether a checkout may build what it lacks. */
  readonly mayBuild: boolean;
  /** Playback loudness, 0 to 1 (config.toml `volume`). */
  readonly volume: number;
}

/** The process's own environment; everything else is handed it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** PIPIT_BUILD=never: a checkout builds nothing by itself. */
export function mayBuild(env: Environment): boolean {
  return env["PIPIT_BUILD"] !== "never";
}
