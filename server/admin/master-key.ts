import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PipitError } from "#contract/pipit-error.ts";
import { LOOK_EVERY_MS } from "#server/domain/master-key/key-ring-watch.ts";
import { type MasterKeyRecord, type MasterKeyStore } from "#server/domain/master-key/key-ring.ts";
import {
  decodeMasterKey,
  keyIdOf,
  loadMasterKey,
  MASTER_KEY_FILE,
  newMasterKeyBytes,
  NEXT_MASTER_KEY_FILE,
  readMasterKeys,
  removeMadeKey,
  sealerFor,
  type MasterKey,
} from "#server/domain/master-key/master-key.ts";
import { createPrivateFile, readPrivateFile } from "#server/domain/secrets/private-file.ts";
import { rotateMasterKey } from "#server/domain/master-key/rotate-master-key.ts";
import type { AdminContext } from "../compose/admin-context.ts";
import { openConfiguredDatabase, requireCurrent, requireDatabase } from "../compose/admin-context.ts";
import { openDataFolder } from "../lifecycle/data-folder.ts";
import { createLogger } from "../observe/logger.ts";
import { createAuditReader } from "../store/audit/audit-reader.ts";
import { createAuditLog } from "../store/audit/audit-store.ts";
import { createMasterKeyStore, giveUpSealed, sealedPlaces } from "../store/sql/master-key-store.ts";
import { inTransaction } from "../store/sql/transaction.ts";
import { auditKeyOf } from "../domain/audit/audit-key.ts";
import type { AdminDeps, AdminGroup } from "./admin-deps.ts";
import { writeEvents } from "./audit.ts";
import { createCommandGroup } from "./command-group.ts";
import { factsText } from "./print.ts";

/** A key file is no longer than this: 32 bytes, or those as text. */
const MAX_KEY_FILE_BYTES = 200;
/** Every server has looked by then which key is in force. */
const SETTLE_MS = 2 * LOOK_EVERY_MS;

/** `pipit admin master-key ...` */
export const masterKey: AdminGroup = async (args, deps) => {
  const { add, addPlain, run } = createCommandGroup(
    "master-key",
    "the key that seals the secrets in the database",
    deps,
  );
  add("status", "which key is in force, and whether it is being replaced", async ({ masterKey: ring }) =>
    factsText([
      ["key", ring.record.id],
      ["state", ring.state === "right" ? "in force" : "being replaced: run rotate"],
      ["before", ring.record.previousId ?? "-"],
    ]),
  );
  addPlain(
    "rotate",
    "replace the key, and seal every secret with the new one; may be stopped, and run again",
    (flags: { newKeyFile?: string }) => rotate(flags, deps),
  ).option("--new-key-file <file>", "the new key, 32 bytes or those as base64 or hex; default: a fresh one");
  addPlain(
    "abandon",
    "give up what is sealed with a key that is lost, and go on with a new one",
    (flags: AbandonFlags) => abandon(flags, deps),
  )
    .option("--audit-out <file>", "a new file for the events of the audit log, which begins anew")
    .option("--yes", "lose second factors, recovery codes, the model connection, and the audit log");
  return run(args);
};

async function rotate({ newKeyFile }: { newKeyFile?: string }, deps: AdminDeps): Promise<string> {
  const { config, signal, io } = deps;
  // Before the folder is locked, which would make it.
  await requireDatabase(config);
  const inFiles = config.auth.masterKey === undefined;
  await using held = new AsyncDisposableStack();
  if (inFiles) {
    if (config.databaseUrl !== undefined) throw bySettings();
    // Its server would not know of the new file.
    held.use(await openDataFolder(config.dataDir));
    await prepareNext(config.dataDir, newKeyFile);
  } else if (newKeyFile !== undefined) throw bySettings();
  const context = held.use(await deps.open());
  const { masterKey: ring, database } = context;
  const [firstId = "", otherId = ""] = ring.given;
  const to = ring.key(inFiles ? otherId : firstId);
  if (to === undefined || otherId === "") throw inForceAlready();
  io.stderr.write("Sealing every secret with the new key...\n");
  const { id, resealed, unreadable } = await rotateMasterKey({
    ring,
    to,
    places: sealedPlaces(database.db),
    change: (step, record) => change(context, step, record),
    settleMs: inFiles ? 0 : SETTLE_MS,
    wait: (ms, waiting) => sleep(ms, undefined, { signal: waiting }),
    signal,
  });
  const next = inFiles
    ? `The key before it is in ${await putInPlace(config.dataDir, firstId)}: older backups need it. Keep it as long as them, and away from them and from here.`
    : "Take PIPIT_MASTER_KEY_PREVIOUS out of the settings of all servers. Older backups need that key: keep it as long as them, and away from them.";
  const left = Object.entries(unreadable).map(
    ([place, count]) => `Left as they were, because neither key opens them: ${count} in ${place}\n`,
  );
  return `The master key is ${id} now; ${resealed} secrets were sealed with it\n${left.join("")}${next}\n`;
}

function bySettings(): PipitError {
  return new PipitError(
    "USAGE",
    "The servers are given the key by their settings. Make a new one (openssl rand -base64 32), set PIPIT_MASTER_KEY to it and " +
      "PIPIT_MASTER_KEY_PREVIOUS to the one before for all of them and for this command, restart them one by one, and then " +
      "run this without --new-key-file.",
  );
}

function inForceAlready(): PipitError {
  return new PipitError("USAGE", "The new key is the one in force. Name another one.");
}

/** The new key beside the old one, before anything is sealed with it; one that is there is gone on with. */
async function prepareNext(dataDir: string, from: string | undefined): Promise<void> {
  const file = join(dataDir, NEXT_MASTER_KEY_FILE);
  const wanted = from === undefined ? undefined : await readKey(from);
  const current = await readPrivateFile(join(dataDir, MASTER_KEY_FILE), MAX_KEY_FILE_BYTES);
  if (wanted !== undefined && current?.equals(wanted) === true) throw inForceAlready();
  if (await createPrivateFile(file, wanted ?? newMasterKeyBytes())) return;
  const begun = await readPrivateFile(file, MAX_KEY_FILE_BYTES);
  if (wanted === undefined || begun?.equals(wanted) === true) return;
  throw new PipitError(
    "CONFIG_INVALID",
    `A change to the key in ${file} was begun and is not done. Run this without --new-key-file first.`,
  );
}

async function readKey(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new PipitError("USAGE", `${path} cannot be read. Name a file with the new key.`, { cause });
  }
  return bytes.length === newMasterKeyBytes().length ? bytes : decodeMasterKey(bytes.toString("utf8"));
}

/** Keeps the old key under a name of its own, then puts the new one in its place, in one step. */
async function putInPlace(dataDir: string, oldId: string): Promise<string> {
  const file = join(dataDir, MASTER_KEY_FILE);
  const old = await readPrivateFile(file, MAX_KEY_FILE_BYTES);
  const kept = `${file}.old-${oldId}`;
  if (old !== undefined) await createPrivateFile(kept, old);
  await rename(join(dataDir, NEXT_MASTER_KEY_FILE), file);
  return kept;
}

function change({ auth, origin }: AdminContext, step: "begun" | "finished", record: MasterKeyRecord) {
  const fromId = step === "begun" ? record.previousId : record.id;
  return auth.transaction(async (tx) => {
    if (!(await tx.masterKeys.replace(fromId ?? "", record))) return false;
    await tx.audit.append(
      { event: "master_key.rotated", outcome: "success", data: { step, key: record.id } },
      origin,
    );
    return true;
  });
}

interface AbandonFlags {
  readonly auditOut?: string;
  readonly yes?: boolean;
}

const WHAT_IS_LOST =
  "Lost with the master key: the second factors and recovery codes of all accounts (a password alone signs in until they set " +
  "one up again), the connection to the model that was made in the window, sign-ins that are under way, and the audit log, " +
  "which begins anew (--audit-out keeps its events). Access tokens are renewed by themselves. Chats, accounts, passwords and " +
  "sessions stay. Stop all servers, then add --yes.";

async function abandon({ auditOut, yes }: AbandonFlags, deps: AdminDeps): Promise<string> {
  const { config, signal, clock } = deps;
  await requireDatabase(config);
  await using held = new AsyncDisposableStack();
  if (config.databaseUrl === undefined) held.use(await openDataFolder(config.dataDir));
  const database = held.use(await openConfiguredDatabase(config, createLogger({ level: "warn" })));
  await requireCurrent(database);
  const { db, dialect } = database;
  const { masterKey: configured, masterKeyPrevious: previous } = config.auth;
  const source = { dataDir: config.dataDir, configured, previous };
  const found = await readMasterKeys(source);
  if (await opensAll(createMasterKeyStore(db), found ?? []))
    throw new PipitError("USAGE", "This is the master key of the database: nothing needs to be given up.");
  if (yes !== true) throw new PipitError("USAGE", WHAT_IS_LOST);
  const key = found?.[0] ?? (await loadMasterKey(source));
  await using unused = new AsyncDisposableStack();
  // One that nothing was sealed with looks like the one that is lost.
  if (found === undefined) unused.defer(() => removeMadeKey(source));
  const log = { key: auditKeyOf(key), clock, dialect };
  const reader = createAuditReader(db, log);
  const kept =
    auditOut === undefined ? undefined : await writeEvents(auditOut, reader.exportAll({ signal }), signal);
  await reader.restart();
  const logins = await inTransaction(db, async (trx) => {
    const without = await giveUpSealed(trx, keyIdOf(key));
    await createAuditLog(trx, log).append(
      {
        event: "master_key.abandoned",
        outcome: "success",
        data: { key: keyIdOf(key), secondFactors: without.length },
      },
      { ip: undefined, userAgent: "pipit admin", correlationId: "" },
    );
    return without;
  });
  unused.move();
  return [
    kept === undefined ? undefined : `Wrote ${kept} events to ${auditOut ?? ""}`,
    `The master key is ${keyIdOf(key)} now`,
    logins.length === 0 ? undefined : `Without a second factor now: ${logins.join(", ")}`,
  ]
    .filter((line) => line !== undefined)
    .map((line) => `${line}\n`)
    .join("");
}

/** True when nothing that the database keeps is sealed with another key than these; also when nothing is sealed at all. */
async function opensAll(store: MasterKeyStore, keys: readonly MasterKey[]): Promise<boolean> {
  const record = await store.read();
  if (record !== undefined) {
    const given = new Set(keys.map(keyIdOf));
    return given.has(record.id) && (record.previousId === undefined || given.has(record.previousId));
  }
  const signing = await store.anySigningKey();
  if (signing === undefined) return true;
  const [key] = keys;
  try {
    return (
      key !== undefined && sealerFor(key, "signing-key-seal").open(signing.sealed, signing.kid).length > 0
    );
  } catch {
    return false;
  }
}
