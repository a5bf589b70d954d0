import type { Logger, Outbox } from "#engine/ports.ts";

export interface SqliteOutboxOptions {
  /** PIPIT_HOME; the queue is `<home>/outbox.db`. */
  readonly home: string;
  readonly logger: Logger;
}

export interface SqliteOutbox extends Outbox, AsyncDisposable {
  /** Where a damaged queue was put; tell the person. Undefined when all was well. */
  readonly setAside: string | undefined;
}

/** @throws PipitError STORAGE_FULL, STORAGE_UNREADABLE. */
export declare function openOutbox(options: SqliteOutboxOptions): Promise<SqliteOutbox>;
