import { createSecretKey } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import { countedAuditLog, type AuditMetrics } from "#server/domain/audit/counted-audit-log.ts";
import type { AuditLog } from "#server/domain/audit/ports.ts";
import type { ChatStore, TurnStore } from "#server/domain/chats/ports.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { RotationStore } from "#server/domain/tokens/ports.ts";
import { createAuditReader } from "./audit/audit-reader.ts";
import { createAuditLog, type AuditLogOptions } from "./audit/audit-store.ts";
import { createAuthStore } from "./auth-store.ts";
import { createChatImportStore } from "./turns/chat-import-store.ts";
import { createChatStore } from "./turns/chat-store.ts";
import { createOidcPayloadStore } from "./sql/oidc-payload-store.ts";
import { openDatabase, type DatabaseHandle, type OpenDatabaseOptions } from "./open-database.ts";
import { databaseTime, type DatabaseTime } from "./sql/database-time.ts";
import { createSqlCounterStore } from "./sql/sql-counter-store.ts";
import { following } from "./sql/following.ts";
import { createMemoryFileStore } from "./sql/memory-file-store.ts";
import { restoreProvenAtMs } from "./sql/milestone-store.ts";
import { createModelChoiceStore } from "./sql/model-choice-store.ts";
import { IndexCompletion } from "./search/index-completion.ts";
import { mendedBy, type Mended } from "./search/mended.ts";
import { createProgramEventStore } from "./events/program-event-store.ts";
import { createVectorStore } from "./search/turn-vectors.ts";
import { createRoomAnswerStore } from "./rooms/answer-store.ts";
import type { RoomTables } from "./rooms/room-rows.ts";
import { createRoomStore } from "./rooms/room-store.ts";
import { RoomTurns } from "./rooms/room-turns.ts";
import { inTransaction } from "./sql/transaction.ts";
import { createRemoveOld } from "./retention/remove-old.ts";
import { SyncLog } from "./sync/sync-log.ts";
import { createSyncStore } from "./sync/sync-store.ts";
import { purgeDeleted } from "./turns/purge.ts";
import { createSummaryStore } from "./turns/summary-store.ts";
import { createTurnStore } from "./turns/turn-store.ts";
import { createTokenUseStore } from "./usage/token-use-store.ts";
import { createUsageStore } from "./sql/usage-store.ts";

interface CommonOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Of the audit log, 32 bytes of the master key, or what finds them in the migrated database. Without it, nothing can be
   * done that must be audited.
   */
  readonly auditKey?: Buffer | ((database: DatabaseHandle) => Promise<Buffer>);
  /** Default: PostgreSQL's own; on SQLite that of `clock`. */
  readonly time?: DatabaseTime;
  /** Told of what is written to the audit log. */
  readonly auditMetrics?: AuditMetrics;
}

export type OpenStoreOptions = CommonOptions & OpenDatabaseOptions;

/**
 * Opens the database and brings it to the current schema; several processes may do so at once.
 *
 * SQLite: throws STORAGE_UNREADABLE, STORAGE_FULL, DATA_FOLDER_IN_USE, or CONFIG_INVALID for a database of a newer
 * Pipit; each message names the path and the cure. A damaged file is kept aside and replaced by a fresh one: see
 * `setAside`.
 *
 * PostgreSQL: throws DATABASE_UNREACHABLE, or CONFIG_INVALID for a URL that is wrong or that the server refuses; each
 * message names the place and the cure, never the password.
 *
 * @example await using store = await openStore({ file: join(dataDir, "pipit.db"), clock: systemClock, logger });
 */
export async function openStore(options: OpenStoreOptions) {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await openDatabase(options));
  await database.migrate();
  const { auditKey: given, ...others } = options;
  const auditKey = typeof given === "function" ? await given(database) : given;
  const opened = opening.move();
  return createStore(database, { ...others, ...(auditKey && { auditKey }) }, () => opened.disposeAsync());
}

function mendedChats(chats: ChatStore, mended: Mended, onChanged: () => void): ChatStore {
  const { fork, remove, restore } = chats;
  const whole = { ...chats, fork: mended(fork), remove: mended(remove), restore: mended(restore) };
  return following(whole, ["update", "giveTitle", "remove", "restore"], onChanged);
}

function mendedTurns(turns: TurnStore, mended: Mended): TurnStore {
  return {
    ...turns,
    begin: mended(turns.begin),
    finish: mended(turns.finish),
    remove: mended(turns.remove),
    restore: mended(turns.restore),
    search: mended(turns.search),
  };
}

function auditLogs(options: AuditLogOptions | undefined, metrics: AuditMetrics | undefined) {
  return (connection: DatabaseHandle["db"]): AuditLog => {
    if (options === undefined) return closedAuditLog;
    const log = createAuditLog(connection, options);
    return metrics === undefined ? log : countedAuditLog(log, metrics);
  };
}

function smallStores(db: DatabaseHandle["db"]) {
  return {
    summaries: createSummaryStore(db),
    usage: createUsageStore(db),
    tokenUse: createTokenUseStore(db),
    /** When a backup was last restored and found whole, epoch milliseconds; 0: never. */
    restoreProvenAtMs: () => restoreProvenAtMs(db),
  };
}

/** What probes and metrics ask. */
function stateOf({ ping, queues, setAside, storageState }: DatabaseHandle) {
  return {
    /** How many statements or transactions wait, by what they wait for. */
    queues,
    /** Path under which a damaged database was kept when this one was opened. */
    setAside,
    /** Whether the database takes changes; for /health. */
    storageState,
    /** Resolves when the database answers; for /health and /ready. */
    ping,
  };
}

function roomStores(tables: RoomTables) {
  return { rooms: createRoomStore(tables), roomAnswers: createRoomAnswerStore(tables) };
}

interface StoreOptions extends CommonOptions {
  readonly auditKey?: Buffer;
}

function auditOptions(
  dialect: DatabaseHandle["dialect"],
  { auditKey, auditMetrics, clock }: StoreOptions,
): AuditLogOptions | undefined {
  if (auditKey === undefined) return undefined;
  const onDamaged = auditMetrics?.auditDamaged;
  return { key: createSecretKey(auditKey), clock, dialect, ...(onDamaged && { onDamaged }) };
}

function createStore(database: DatabaseHandle, options: StoreOptions, close: () => Promise<void>) {
  const { dialect, db, relaxedDb, roomyDb, patientDb, searchDb, turnIndex, forget, rotations } = database;
  const { auditMetrics: metrics, clock, logger } = options;
  const time = options.time ?? databaseTime(dialect, clock);
  const { indexWork: work } = database;
  const mended = mendedBy(async () => {
    await inTransaction(db, (trx) => turnIndex.reset(trx));
    logger.warn("store.index_damaged", {
      note: "The search index was damaged, and is made anew. No message is lost.",
    });
    completion.wake();
  });
  const completion = new IndexCompletion(
    { incomplete: (after) => turnIndex.incomplete(db, after), outdated: () => turnIndex.outdated(db) },
    { complete: mended((turnId) => work.complete(turnId)), rebuildSome: mended(() => work.rebuildSome()) },
    logger,
  );
  const wake = (): void => completion.wake();
  const sync = new SyncLog(time);
  const writers = { relaxed: relaxedDb, roomy: roomyDb, ending: patientDb, searching: searchDb };
  const chats = createChatStore(db, writers, turnIndex, time, sync, wake);
  const turns = createTurnStore(db, writers, turnIndex, time, sync, wake);
  const { removeParts, ...imports } = createChatImportStore(
    { roomy: roomyDb, inBatches: dialect === "sqlite" },
    turnIndex,
    time,
    sync,
    wake,
  );
  let listener: (() => void) | undefined;
  const onChanged = (): void => listener?.();
  const audited = auditOptions(dialect, options);
  /** The files: what an earlier sweep wiped, also one of a server that was killed, or a change has replaced. */
  let mayHoldWiped = true;
  const shared = { time, sync, roomTurns: new RoomTurns() };
  const auth = createAuthStore(db, {
    ...shared,
    onChanged,
    auditLogFor: auditLogs(audited, metrics),
    rotations: audited === undefined ? closedRotations : rotations(audited, time),
  });
  const heard = mendedChats(chats, mended, onChanged);
  const memories = following(auth.memories, ["update"], () => void (mayHoldWiped = true));
  return {
    /** "sqlite": the data folder's lock makes this process the only user. "postgres": others may work with it too. */
    dialect,
    chats: heard,
    /** Wipes what was deleted too long ago to be restored, in the files too, and what came of chats that never were whole; see there. */
    async purgeDeleted(signal: AbortSignal): Promise<number> {
      await removeParts(db, signal);
      const before = mayHoldWiped;
      mayHoldWiped = true;
      const wiped = await mended(purgeDeleted)(db, turnIndex, time, signal);
      mayHoldWiped = !(await mended(forget)(before || wiped > 0, signal));
      return wiped;
    },
    removeOld: createRemoveOld({ dialect, db, roomy: roomyDb, time, removeChat: heard.remove }),
    turns: following(mendedTurns(turns, mended), ["finish", "remove", "restore"], onChanged),
    imports: following(imports, ["importChat"], onChanged),
    memoryFiles: createMemoryFileStore(db, relaxedDb),
    /** @param told whenever a memory file is behind, at most a transaction too early */
    onFilesBehind: (told: () => void): void => void (listener = told),
    sync: createSyncStore(db),
    /** @param told of every change that this process has committed: the account, and its number */
    onSync: (told: (userId: string, seq: number) => void) => sync.listen(told),
    /** Goes on with what an earlier server left of the search index. */
    completeIndex: wake,
    vectors: createVectorStore(db, turnIndex),
    ...smallStores(db),
    ...roomStores({ db, time, sync, turns: shared.roomTurns }),
    programEvents: createProgramEventStore(db, roomyDb, time),
    modelChoices: createModelChoiceStore(db, sync),
    /** All of the auth service, and the way to change several at once. */
    auth: { ...auth, memories },
    oidcPayloads: createOidcPayloadStore(db),
    /** Undefined without `auditKey`. */
    auditReader: audited && createAuditReader(db, audited),
    /** Of attempts, where no Redis keeps them. */
    counters: createSqlCounterStore({ db: relaxedDb, time: dialect === "postgres" ? "database" : "caller" }),
    ...stateOf(database),
    async [Symbol.asyncDispose]() {
      completion.close();
      await close();
      await completion[Symbol.asyncDispose]();
    },
  };
}

/**
 * Everything the server remembers. Its methods throw PipitError STORAGE_* when the disk or the file fails, and
 * DATABASE_UNREACHABLE while a database server does not answer.
 */
export type Store = ReturnType<typeof createStore>;

/** Fails what was to be audited, rather than let it happen unseen. */
const closed = async (): Promise<never> => {
  throw new PipitError(
    "CONFIG_INVALID",
    "The audit log has no key. Give the server its master key and try again.",
  );
};
const closedAuditLog: AuditLog = { append: closed };
const closedRotations: RotationStore = { find: closed, rotate: closed };
