import Database from "better-sqlite3";
import { systemCodeOf } from "#contract/system-error.ts";
import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import { ownStems, scopeOf } from "../search/scope-tokens.ts";
import { differingBits } from "../search/differing-bits.ts";
import { MAX_ANSWER_BYTES, MAX_QUESTION_BYTES } from "../search/turn-index.ts";
import { BUSY_TIMEOUT_MS } from "./open-sqlite.ts";
import type { SqliteJob, SqliteReply } from "./sqlite-thread.ts";

serveJobs(createWork());

/** A connection of its own to the database, opened with the first statement. */
function createWork(): (job: SqliteJob) => SqliteReply {
  let database: Database.Database | undefined;
  return (job) => {
    try {
      database ??= connect(job.file);
      return run(database, job);
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason);
      return { failure: { code: systemCodeOf(reason), message } };
    }
  };
}

function connect(file: string): Database.Database {
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
  database.pragma("synchronous = NORMAL");
  database.pragma("foreign_keys = ON");
  database.pragma("secure_delete = ON");
  database.pragma("temp_store = MEMORY");
  const functions = {
    question_stems: (userId: unknown, text: unknown) =>
      ownStems(String(userId), String(text), MAX_QUESTION_BYTES),
    answer_stems: (userId: unknown, text: unknown) =>
      ownStems(String(userId), String(text), MAX_ANSWER_BYTES),
    hamming: (a: unknown, b: unknown) => differingBits(a as Buffer, b as Buffer),
    scope_of: (userId: unknown, chatId: unknown) => scopeOf(String(userId), String(chatId)),
  };
  for (const [name, work] of Object.entries(functions))
    database.function(name, { deterministic: true }, work);
  return database;
}

function run(database: Database.Database, { sql, parameters, inTransaction }: SqliteJob): SqliteReply {
  // The thread was replaced in the middle of a transaction, which is gone.
  if (database.inTransaction !== inTransaction) throw new Error("The transaction was lost.");
  const statement = database.prepare<unknown[]>(sql);
  if (statement.reader) return { rows: statement.all(...parameters), changes: 0 };
  return { rows: [], changes: statement.run(...parameters).changes };
}
