import type { ErrorCode } from "#contract/error-codes.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { passing } from "./passing.ts";

/** The words of the log for one thing that this server needs: a database, Redis, a model server. */
export interface OutageEvents {
  /** e.g. "model.lost" */
  readonly lost: string;
  /** e.g. "model.back" */
  readonly back: string;
  /** Of the first; default "warn". */
  readonly level?: "warn" | "error";
}

export type Outage = ReturnType<typeof createOutage>;

/**
 * Tells the log of an outage once: a line when it begins, however many requests it fails, and a line when it is over.
 *
 * @param place what is the same in both lines, e.g. an address without a password
 */
export function createOutage(
  logger: Logger,
  { lost, back, level = "warn" }: OutageEvents,
  place: Readonly<Record<string, unknown>> = {},
) {
  const told = new Set<string>();
  return {
    /** @param kind of what is known of it: each has its own line, such as a key that is refused after a connection that was lost */
    failed(kind: string, fields: Readonly<Record<string, unknown>>): void {
      if (told.has(kind)) return;
      told.add(kind);
      logger[level](lost, { ...place, ...fields });
    },
    works(fields: Readonly<Record<string, unknown>> = {}): void {
      if (told.size === 0) return;
      told.clear();
      logger.info(back, { ...place, ...fields });
    },
    get lasts(): boolean {
      return told.size > 0;
    },
  };
}

/** What fails by no fault of a question: of these the log has `model.lost` or `provider.lost`. */
const modelOutages: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "MODEL_UNREACHABLE",
  "MODEL_KEY_REFUSED",
  "MODEL_MISSING",
  "MODEL_QUOTA",
  "MODEL_FAILED",
  "MODEL_TIMEOUT",
]);

/** Whether a model server, or a provider, fails all questions for now. It says RATE_LIMITED too, as does this server to its own clients. */
export function isModelOutage(code: ErrorCode): boolean {
  return modelOutages.has(code) || code === "RATE_LIMITED";
}

/**
 * Whether the log has a line of the outage that a request failed by, so that the request needs none; it is counted all the same. Of a
 * full disk only what failed knows: the database's is told, others may not be.
 */
export function isToldAsOutage({ code, told }: Pick<PipitError, "code" | "told">): boolean {
  return told || passing.has(code) || modelOutages.has(code);
}

/** Warns of work that failed, but for that which an outage failed. */
export function warnUnlessTold(
  logger: Logger,
  event: string,
  error: unknown,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  const failure = PipitError.from(error);
  if (isToldAsOutage(failure)) logger.debug(event, { ...fields, reason: failure.code });
  else logger.warn(event, { ...fields, error });
}
