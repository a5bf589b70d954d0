import { hkdfSync, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import { createSealer, type Sealer } from "../secrets/sealer.ts";
import { createPrivateFile, readPrivateFile } from "../secrets/private-file.ts";
import type { SealPurpose } from "./purposes.ts";

const MASTER_KEY_BYTES = 32;
export const MASTER_KEY_FILE = "master-key";

/** The key that takes the place of the one in {@link MASTER_KEY_FILE}, while all is sealed anew. */
export const NEXT_MASTER_KEY_FILE = "master-key.next";
/** What is left to who has not got a master key that is needed. */
export const LOST_KEY_CURE =
  'Restore it from a backup. If it is lost: "pipit admin master-key abandon" says what is lost with it, and goes on with a new one.';

/** What every other secret of the server is derived from. Its bytes never leave the object. */
export interface MasterKey {
  /** A 32-byte key for one purpose (HKDF-SHA-256, RFC 5869); different purposes give unrelated keys. */
  derive(purpose: string): Buffer;
  /** Seals for one purpose what the database keeps; absent: by what `derive` gives for it. See {@link sealerFor}. */
  sealer?(purpose: SealPurpose): Sealer;
}

/** What seals for a purpose. Where a key is being replaced, it opens what either key has sealed. */
export function sealerFor(masterKey: MasterKey, purpose: SealPurpose): Sealer {
  return masterKey.sealer?.(purpose) ?? createSealer(masterKey.derive(purpose));
}

/** Tells keys apart, and nothing of them. */
export function keyIdOf(masterKey: MasterKey): string {
  return masterKey.derive("key-id").toString("hex").slice(0, 16);
}

interface MasterKeySource {
  readonly dataDir: string;
  readonly configured?: string | undefined;
  /** The configured key that `configured` takes the place of. */
  readonly previous?: string | undefined;
}

/**
 * The configured key (32 bytes as base64, base64url or hex), or the one in `<dataDir>/master-key` (32 raw bytes, 0600), which is made on the first start.
 * Throws CONFIG_INVALID for a key of another length, STORAGE_UNREADABLE or STORAGE_FULL.
 */
export async function loadMasterKey(source: MasterKeySource): Promise<MasterKey> {
  const file = join(source.dataDir, MASTER_KEY_FILE);
  return (await findMasterKey(source)) ?? masterKeyOf(checked(await make(file), file));
}

async function findMasterKey({ dataDir, configured }: MasterKeySource): Promise<MasterKey | undefined> {
  if (configured !== undefined) return masterKeyOf(decodeMasterKey(configured));
  return readMasterKey(join(dataDir, MASTER_KEY_FILE));
}

/**
 * Opens what the master keys open. A key that was made up for it, and is not the database's, does not stay: it would look
 * like the one that is missing.
 *
 * @throws what `open` throws; CONFIG_INVALID where there was no key
 */
export async function openWithMasterKeys<T>(
  source: MasterKeySource,
  open: (keys: readonly MasterKey[]) => Promise<T>,
): Promise<T> {
  const found = await readMasterKeys(source);
  if (found !== undefined) return open(found);
  try {
    return await open(await loadMasterKeys(source));
  } catch (reason) {
    if (!(reason instanceof PipitError) || reason.code !== "CONFIG_INVALID") throw reason;
    await removeMadeKey(source);
    throw missingMasterKey(source, reason.detail, reason);
  }
}

/** For a database that is sealed with a key, where none was given. */
export function missingMasterKey(
  { dataDir }: MasterKeySource,
  keyId = "another one",
  cause?: unknown,
): PipitError {
  const file = join(dataDir, MASTER_KEY_FILE);
  const message = `There is no master key, neither PIPIT_MASTER_KEY nor ${file}, and the database is sealed with one (${keyId}). ${LOST_KEY_CURE}`;
  return new PipitError("CONFIG_INVALID", message, { cause });
}

/** For who has had a key made and did not come to use it. */
export async function removeMadeKey({ dataDir }: MasterKeySource): Promise<void> {
  await rm(join(dataDir, MASTER_KEY_FILE), { force: true });
}

/**
 * The key and the other one, when it is being replaced: configured, the key that it takes the place of; in files, the one
 * that takes its place.
 *
 * @throws as {@link loadMasterKey}
 */
export async function loadMasterKeys(source: MasterKeySource): Promise<readonly MasterKey[]> {
  return withOther(await loadMasterKey(source), source);
}

/** The same, and undefined instead of a key that is made up. */
export async function readMasterKeys(source: MasterKeySource): Promise<readonly MasterKey[] | undefined> {
  const key = await findMasterKey(source);
  return key && withOther(key, source);
}

async function withOther(
  key: MasterKey,
  { dataDir, configured, previous }: MasterKeySource,
): Promise<readonly MasterKey[]> {
  const other =
    configured === undefined
      ? await readMasterKey(join(dataDir, NEXT_MASTER_KEY_FILE))
      : previous === undefined
        ? undefined
        : masterKeyOf(decodeMasterKey(previous));
  return other === undefined ? [key] : [key, other];
}

async function readMasterKey(file: string): Promise<MasterKey | undefined> {
  const found = await readPrivateFile(file, MASTER_KEY_BYTES + 1);
  return found && masterKeyOf(checked(found, file));
}

function checked(bytes: Buffer, file: string): Buffer {
  if (bytes.length === MASTER_KEY_BYTES) return bytes;
  throw new PipitError(
    "CONFIG_INVALID",
    `The master key ${file} must hold exactly ${MASTER_KEY_BYTES} bytes. ${LOST_KEY_CURE}`,
  );
}

/** For a key that opens nothing in the database. */
export function wrongMasterKey(wantedId: string, givenId: string): PipitError {
  return new PipitError(
    "CONFIG_INVALID",
    `This database is sealed with another master key (${wantedId}) than the one given (${givenId}): set PIPIT_MASTER_KEY, or ` +
      `the file master-key, to that one. ${LOST_KEY_CURE}`,
    { detail: wantedId },
  );
}

/** A fresh key. */
export function newMasterKeyBytes(): Buffer {
  return randomBytes(MASTER_KEY_BYTES);
}

async function make(file: string): Promise<Buffer> {
  const bytes = newMasterKeyBytes();
  if (await createPrivateFile(file, bytes)) return bytes;
  // Another process made it in the same moment; there is one truth, the file.
  return (await readPrivateFile(file, MASTER_KEY_BYTES + 1)) ?? Buffer.alloc(0);
}

/** Throws CONFIG_INVALID, without the text. */
export function decodeMasterKey(text: string): Buffer {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, "hex")
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)
      ? Buffer.from(trimmed, "base64")
      : Buffer.alloc(0);
  if (bytes.length === MASTER_KEY_BYTES) return bytes;
  throw new PipitError(
    "CONFIG_INVALID",
    `The configured master key must be ${MASTER_KEY_BYTES} bytes as base64 or hex, as "openssl rand -base64 32" prints them.`,
  );
}

function masterKeyOf(bytes: Buffer): MasterKey {
  return {
    derive: (purpose) =>
      Buffer.from(hkdfSync("sha256", bytes, "pipit", `pipit/v1/${purpose}`, MASTER_KEY_BYTES)),
  };
}
