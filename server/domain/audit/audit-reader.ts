import type { AuditOrigin, AuditQuery, StoredAuditEvent } from "./ports.ts";

/** How long events are kept unless the operator says otherwise: a year, and a month to notice. */
export const AUDIT_RETENTION_MS = 400 * 24 * 60 * 60 * 1000;
/** Most events of one page. */
export const AUDIT_LIST_MAX = 1000;

/** An event as it lies in the database; it may have been changed past the server, so its words can be any. */
export interface AuditRecord extends Omit<StoredAuditEvent, "event" | "outcome" | "data"> {
  readonly event: string;
  readonly outcome: string;
  readonly data: unknown;
}

type AuditDamage =
  /** The chain's row is gone. */
  | "chain-missing"
  /** The chain's row was changed, or written with another key. */
  | "chain-changed"
  /** A value of the event was changed, or it stands in another's place. */
  | "event-changed"
  /** The event was deleted. */
  | "event-missing"
  /** An event that we did not write: after the head, before the anchor, or in no chain. */
  | "event-unknown";

/** The first thing that is wrong with a chain; what comes after it cannot be judged. */
export interface AuditProblem {
  readonly chain: number;
  readonly damage: AuditDamage;
  readonly seq?: number | undefined;
  readonly eventId?: string | undefined;
}

export interface AuditVerdict {
  /** Events that were checked. */
  readonly events: number;
  /** At most one per chain; empty when the log is whole. */
  readonly problems: readonly AuditProblem[];
}

export interface VerifyAuditOptions {
  readonly onProgress?: (progress: { readonly checked: number; readonly total: number }) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ExportAuditOptions {
  readonly sinceMs?: number | undefined;
  /** Exclusive. */
  readonly untilMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PruneAuditOptions {
  /** Default {@link AUDIT_RETENTION_MS}. */
  readonly olderThanMs?: number | undefined;
  /** Who asked for it; by default the server itself. */
  readonly origin?: AuditOrigin | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PrunedAudit {
  readonly removed: number;
  /** Chains of which nothing was removed, because that would have removed the traces as well. */
  readonly problems: readonly AuditProblem[];
}

export interface RestartedAudit {
  readonly chains: readonly number[];
  /** Events that were in them. */
  readonly removed: number;
}

/** Reads, checks and shortens the log. */
export interface AuditReader {
  /** Newest first; at most {@link AUDIT_LIST_MAX}. */
  list(query: AuditQuery): Promise<readonly AuditRecord[]>;
  /** Recomputes every hash; other work goes on meanwhile. Rejects only when the database fails or `signal` aborts. */
  verify(options?: VerifyAuditOptions): Promise<AuditVerdict>;
  /** Every event as one line of JSON without its line end, oldest first. */
  exportAll(options?: ExportAuditOptions): AsyncIterable<string>;
  /** Removes what is older, from each chain's beginning, and leaves a signed anchor there; `audit.pruned` tells of it. */
  prune(options?: PruneAuditOptions): Promise<PrunedAudit>;
  /**
   * Begins every damaged chain anew, with none of its events: when the damage is understood and the log exported, or the
   * master key lost. An event tells of it.
   */
  restart(origin?: AuditOrigin): Promise<RestartedAudit>;
}
