import { PipitError } from "#contract/pipit-error.ts";
import { createSealer, type Sealer } from "../secrets/sealer.ts";
import { keyIdOf, LOST_KEY_CURE, sealerFor, wrongMasterKey, type MasterKey } from "./master-key.ts";
import { KEPT_PURPOSES, type SealPurpose } from "./purposes.ts";

const KEPT_SEAL = "kept-keys";

/** Which master key a database is sealed with. */
export interface MasterKeyRecord {
  /** See `keyIdOf`. */
  readonly id: string;
  /** The key before it, while not everything is sealed anew. */
  readonly previousId: string | undefined;
  /** The keys of {@link KEPT_PURPOSES}; undefined: they are derived from this key. */
  readonly keptSealed: string | undefined;
}

export interface MasterKeyStore {
  read(): Promise<MasterKeyRecord | undefined>;
  /** Nothing happens when there is a record. */
  insert(record: MasterKeyRecord): Promise<void>;
  /** False when the record is of another key than `fromId`. */
  replace(fromId: string, record: MasterKeyRecord): Promise<boolean>;
  /** Any sealed signing key, and its id; older databases have no record, but these. */
  anySigningKey(): Promise<{ readonly kid: string; readonly sealed: string } | undefined>;
}

/** right: the database's. rotating: not everything is sealed with it yet. replaced: the database has one that is not known here. */
export type MasterKeyState = "right" | "rotating" | "replaced";

/**
 * The master keys of a server, of which the database says which is in force: that one seals, all of them open. So servers
 * can be given a new key one by one, and then be told by `pipit admin master-key rotate` to use it.
 */
export class KeyRing implements MasterKey {
  readonly #keys: ReadonlyMap<string, MasterKey>;
  readonly #kept: ReadonlyMap<string, Buffer>;
  readonly #store: MasterKeyStore;
  #record: MasterKeyRecord;

  constructor(keys: ReadonlyMap<string, MasterKey>, record: MasterKeyRecord, store: MasterKeyStore) {
    this.#keys = keys;
    this.#record = record;
    this.#store = store;
    this.#kept = keptKeysOf(this.#inForce(), record);
  }

  get record(): MasterKeyRecord {
    return this.#record;
  }

  get state(): MasterKeyState {
    if (!this.#keys.has(this.#record.id)) return "replaced";
    return this.#record.previousId === undefined ? "right" : "rotating";
  }

  /** Ids of the keys as they were given. */
  get given(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** The key with this id; undefined when it was not given. */
  key(id: string): MasterKey | undefined {
    return this.#keys.get(id);
  }

  /** Of {@link KEPT_PURPOSES}. */
  derive(purpose: string): Buffer {
    const key = this.#kept.get(purpose);
    if (key === undefined) throw new PipitError("INTERNAL", `No key is kept for ${purpose}.`);
    return key;
  }

  sealer(purpose: SealPurpose): Sealer {
    const sealers = new Map([...this.#keys].map(([id, key]) => [id, createSealer(key.derive(purpose))]));
    const inForce = (): Sealer => sealers.get(this.#inForceId()) ?? replaced();
    return {
      seal: (plain, aad) => inForce().seal(plain, aad),
      open: (sealed, aad) => {
        const [first = inForce(), ...others] = [...sealers.values()];
        for (const other of others) {
          try {
            return other.open(sealed, aad);
          } catch {
            // It may be of the first.
          }
        }
        return first.open(sealed, aad);
      },
    };
  }

  /** All kept keys, sealed for the database with this key. */
  keptSealedBy(key: MasterKey): string {
    const kept = Object.fromEntries(
      [...this.#kept].map(([purpose, own]) => [purpose, own.toString("base64")]),
    );
    return createSealer(key.derive(KEPT_SEAL)).seal(JSON.stringify(kept), keyIdOf(key));
  }

  /** Looks which key is in force. */
  async refresh(): Promise<void> {
    this.#record = (await this.#store.read()) ?? this.#record;
  }

  #inForceId(): string {
    return this.#record.id;
  }

  #inForce(): MasterKey {
    return this.#keys.get(this.#record.id) ?? replaced();
  }
}

/**
 * Opens the database's key ring; the first time it writes down which key that is.
 *
 * @param keys of the configuration, the one to be used first
 * @throws PipitError CONFIG_INVALID when none of them is the database's, or one is missing of two that are needed
 */
export async function openKeyRing(keys: readonly MasterKey[], store: MasterKeyStore): Promise<KeyRing> {
  const byId = new Map(keys.map((key) => [keyIdOf(key), key]));
  const [firstId = ""] = byId.keys();
  const record = (await store.read()) ?? (await begin(byId, firstId, store));
  if (!byId.has(record.id)) throw wrongMasterKey(record.id, firstId);
  if (record.previousId !== undefined && !byId.has(record.previousId)) {
    throw new PipitError(
      "CONFIG_INVALID",
      `The master key is being replaced, and some secrets are still sealed with the one before it (${record.previousId}). Set ` +
        `PIPIT_MASTER_KEY_PREVIOUS to that one, and finish with "pipit admin master-key rotate". ${LOST_KEY_CURE}`,
    );
  }
  return new KeyRing(byId, record, store);
}

/** A new database, or one of a version that did not write down its key: then its signing keys tell. */
async function begin(
  keys: ReadonlyMap<string, MasterKey>,
  firstId: string,
  store: MasterKeyStore,
): Promise<MasterKeyRecord> {
  const signing = await store.anySigningKey();
  const opens = ([, key]: readonly [string, MasterKey]): boolean => {
    if (signing === undefined) return true;
    try {
      sealerFor(key, "signing-key-seal").open(signing.sealed, signing.kid);
      return true;
    } catch {
      return false;
    }
  };
  const [id] = [...keys].find(opens) ?? [];
  if (id === undefined) throw wrongMasterKey("unknown", firstId);
  const record = { id, previousId: undefined, keptSealed: undefined };
  await store.insert(record);
  return (await store.read()) ?? record;
}

function keptKeysOf(key: MasterKey, { id, keptSealed }: MasterKeyRecord): ReadonlyMap<string, Buffer> {
  if (keptSealed === undefined)
    return new Map(KEPT_PURPOSES.map((purpose) => [purpose, key.derive(purpose)]));
  const text = createSealer(key.derive(KEPT_SEAL)).open(keptSealed, id).toString();
  const kept = Object.entries(JSON.parse(text) as Readonly<Record<string, string>>);
  return new Map(kept.map(([purpose, own]) => [purpose, Buffer.from(own, "base64")]));
}

function replaced(): never {
  throw new PipitError(
    "CONFIG_INVALID",
    "The master key of this database was replaced by one that this server does not have. Set PIPIT_MASTER_KEY to the new " +
      "one and start the server again.",
  );
}
