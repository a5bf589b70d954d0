import type { ErrorCode } from "#contract/error-codes.ts";

/** First words of statements. */
const words = ["select", "insert", "update", "delete", "with", "begin", "commit", "rollback"] as const;

/**
 * What the database was busy with. "rotation": a refresh token; "thread": a statement of SQLite beside the event loop, with
 * its wait for the thread; "sync": until what was written was on SQLite's disk; "connect": until PostgreSQL's pool had a connection.
 */
export type StatementKind = (typeof words)[number] | "rotation" | "thread" | "sync" | "connect" | "other";

/** Told how long the database took for what, and of its faults. */
export interface DatabaseWatch {
  statement(kind: StatementKind, durationMs: number): void;
  /** @param code of the error that whoever asked the database gets */
  failed(code: ErrorCode): void;
}

const known = new Map<string, StatementKind>(words.map((word) => [word, word]));

/** The kind of a statement, by its first word. */
export function kindOf(text: string): StatementKind {
  return known.get(/^\s*(\w+)/.exec(text)?.[1]?.toLowerCase() ?? "") ?? "other";
}

/** Tells `watch` how long `work` took, also where it failed. */
export async function timed<T>(
  watch: DatabaseWatch | undefined,
  kind: StatementKind,
  work: () => Promise<T>,
): Promise<T> {
  if (watch === undefined) return work();
  const startedMs = performance.now();
  try {
    return await work();
  } finally {
    watch.statement(kind, performance.now() - startedMs);
  }
}

/** {@link timed} for what SQLite does while the event loop waits. */
export function timedNow<T>(watch: DatabaseWatch | undefined, kind: StatementKind, work: () => T): T {
  if (watch === undefined) return work();
  const startedMs = performance.now();
  try {
    return work();
  } finally {
    watch.statement(kind, performance.now() - startedMs);
  }
}
