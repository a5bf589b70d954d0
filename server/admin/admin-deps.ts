import type { Readable, Writable } from "node:stream";
import type { Clock } from "#contract/clock.ts";
import type { ServerConfig } from "../config/config.ts";
import type { AdminContext } from "../compose/admin-context.ts";

/** The process as a command sees it. */
export interface AdminIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export interface AdminDeps {
  readonly io: AdminIo;
  readonly config: ServerConfig;
  readonly clock: Clock;
  /** BCP 47, of the operator's terminal. */
  readonly locale: string;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /**
   * Opens the database; the command that does so disposes of it.
   *
   * @param mayMake it is for a database that no server has made yet, too; the operator is told where one was made
   * @throws PipitError CONFIG_INVALID for one that is not there, as `requireDatabase`
   */
  open(mayMake?: boolean): Promise<AdminContext>;
}

/** Exit codes of the program. */
export const adminExit = { done: 0, failed: 1, usage: 2 } as const;

/** A group of commands, e.g. "users": parses its arguments and resolves to an exit code. */
export type AdminGroup = (args: readonly string[], deps: AdminDeps) => Promise<number>;
