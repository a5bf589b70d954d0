import { PipitError } from "#contract/pipit-error.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Clock } from "#contract/clock.ts";
import { wordsOf } from "./ask.ts";
import type { DoctorMessages, Part } from "./doctor-messages.ts";

/** How a part of a server does. `warn`: it works, and somebody should look. `fail`: something that is needed does not work. */
export interface Finding {
  readonly state: "ok" | "warn" | "fail";
  /** What is there, or what is wrong. No secret is in it. */
  readonly detail: string;
  /** What to do about it, where the detail does not say so. */
  readonly cure?: string;
}

/** What `pipit admin doctor` says of one part. */
export interface Check extends Finding {
  readonly part: Part;
}

/** What every check works with. */
export interface DoctorContext {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly messages: DoctorMessages;
  /** Folder of backups, of which the operator may tell. */
  readonly backups: string | undefined;
  /** Aborted when the operator stops the command. */
  readonly signal: AbortSignal;
}

export function ok(detail: string): Finding {
  return { state: "ok", detail };
}

export function warn(detail: string, cure?: string): Finding {
  return { state: "warn", detail, ...(cure !== undefined && { cure }) };
}

export function fail(detail: string, cure?: string): Finding {
  return { state: "fail", detail, ...(cure !== undefined && { cure }) };
}

/** Longest that one check may take; see {@link checkPart}. */
const LIMIT_MS = 15_000;

/**
 * Looks at one part, for {@link LIMIT_MS} unless `limitMs` says otherwise; what it throws is what is wrong. A look that
 * cannot be stopped is left behind when its time is over.
 *
 * @throws the reason of the context's signal
 */
export async function checkPart(
  { messages, signal }: DoctorContext,
  part: Part,
  look: (signal: AbortSignal) => Promise<Finding>,
  { limitMs = LIMIT_MS, late = fail }: { readonly limitMs?: number; readonly late?: typeof fail } = {},
): Promise<Check> {
  const limit = AbortSignal.timeout(limitMs);
  const both = AbortSignal.any([signal, limit]);
  const over = Promise.withResolvers<never>();
  const end = (): void => over.reject(both.reason);
  both.addEventListener("abort", end, { once: true });
  try {
    both.throwIfAborted();
    return { part, ...(await Promise.race([look(both), over.promise])) };
  } catch (reason) {
    signal.throwIfAborted();
    if (limit.aborted) return { part, ...late(messages.late(limitMs / 1000)) };
    return { part, ...fail(reason instanceof PipitError ? reason.message : wordsOf(reason)) };
  } finally {
    both.removeEventListener("abort", end);
  }
}
