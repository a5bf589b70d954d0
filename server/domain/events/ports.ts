import type { ProgramEvent } from "#contract/events/program-events.ts";

/** An event of a program, as it is kept. */
export interface KeptEvent extends ProgramEvent {
  /** Epoch milliseconds, by the database. */
  readonly receivedAtMs: number;
}

/** Where events of programs are kept, by account. */
export interface ProgramEventStore {
  /**
   * Keeps those that the account does not have yet, all or none of them, and resolves to their ids.
   *
   * @param events each with another id
   */
  add(userId: string, events: readonly ProgramEvent[]): Promise<ReadonlySet<string>>;
  /** By id. */
  inOrder(userId: string, limit: number, after: KeptEvent | undefined): Promise<readonly KeptEvent[]>;
  /** Removes what came longer ago than that, in batches; ends early when `signal` aborts. */
  removeOlder(ageMs: number, signal: AbortSignal): Promise<void>;
}
