import { CLI_CLIENT_ID, DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";

/** The programs that a person runs beside a browser. */
const programs: ReadonlySet<string> = new Set([CLI_CLIENT_ID, DESKTOP_CLIENT_ID]);

/** The caller, if it is one of our own programs. Throws NOT_ALLOWED with this text: others sign in for themselves only. */
export function requireProgram(caller: Caller, text: string): Caller {
  if (programs.has(caller.clientId)) return caller;
  throw new PipitError("NOT_ALLOWED", text);
}
