import type { ChangeKind } from "#contract/events/event-wire.ts";

/** Something that happened to an account's data; which of it is told in full by reading it. */
export interface Change {
  readonly userId: string;
  readonly kind: ChangeKind;
  /** The chat that it happened in or to. Of temporary chats nothing is kept. */
  readonly chatId?: string | undefined;
  readonly turnId?: string | undefined;
  /** The room that it happened in. */
  readonly roomId?: string | undefined;
  /** The entry of the room. */
  readonly roomSeq?: number | undefined;
}

/** A change with its number, of which each account has its own: a change that is seen comes after all with smaller ones. */
export interface NumberedChange extends Change, SyncPlace {}

/** How far a reader is: behind this change. The time, epoch ms by the database, tells it from another change of that number. */
export interface SyncPlace {
  readonly seq: number;
  readonly atMs: number;
}

/** What is kept of changes: those of the last SYNC_KEPT_MS, and about SYNC_KEPT_CHANGES of an account. */
export interface SyncStore {
  /** Behind the last change; seq 0 where there was none. */
  end(userId: string): Promise<SyncPlace>;
  /** Whether all changes after this place are kept. */
  reachesBackTo(userId: string, place: SyncPlace): Promise<boolean>;
  /** Oldest first. */
  after(userId: string, seq: number, limit: number): Promise<readonly NumberedChange[]>;
  /** The last number of each of these accounts that has any. */
  lastSeqs(userIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export const SYNC_KEPT_MS = 7 * 24 * 60 * 60 * 1000;
export const SYNC_KEPT_CHANGES = 10_000;
