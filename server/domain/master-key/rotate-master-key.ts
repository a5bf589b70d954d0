import { PipitError } from "#contract/pipit-error.ts";
import { createSealer, type Sealer } from "../secrets/sealer.ts";
import type { KeyRing } from "./key-ring.ts";
import { keyIdOf, type MasterKey } from "./master-key.ts";
import type { SealPurpose } from "./purposes.ts";

/** A secret as it lies in the database. */
export interface SealedRow {
  /** Where it is, in a form that only its store reads. */
  readonly key: readonly string[];
  readonly sealed: string;
  /** What it was sealed for: it opens only there. */
  readonly aad: string;
}

/** All secrets of one kind. */
export interface SealedPlace {
  readonly name: string;
  readonly purpose: SealPurpose;
  /** The next ones after `key` in the order of keys; none at the end. */
  next(key: readonly string[] | undefined): Promise<readonly SealedRow[]>;
  /** False when it is another one by now. */
  replace(row: SealedRow, sealed: string): Promise<boolean>;
}

interface RotateOptions {
  readonly ring: KeyRing;
  /** The key to seal with from now on; the ring has it. */
  readonly to: MasterKey;
  readonly places: readonly SealedPlace[];
  /** Writes which key is in force, with an event in the audit, in one transaction; false when another did. */
  readonly change: (step: "begun" | "finished", record: KeyRing["record"]) => Promise<boolean>;
  /** After so long every server seals with the new key. */
  readonly settleMs: number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface RotatedMasterKey {
  readonly id: string;
  /** Secrets that were sealed anew by this run. */
  readonly resealed: number;
  /** What neither key opens, by place; it was so before, and is left as it is. */
  readonly unreadable: Readonly<Record<string, number>>;
}

/**
 * Replaces the master key: names the new one, seals every secret with it, and gives up the old one. It may be stopped at any
 * moment, and run again: until the last step both keys open everything.
 *
 * @throws PipitError CONFIG_INVALID when another rotation took place meanwhile, or the reason of `signal`
 */
export async function rotateMasterKey(options: RotateOptions): Promise<RotatedMasterKey> {
  const { ring, to, change, signal } = options;
  const id = keyIdOf(to);
  await ring.refresh();
  const { record } = ring;
  if (record.id === id && record.previousId === undefined) return { id, resealed: 0, unreadable: {} };
  const fromId = record.id === id ? record.previousId : record.id;
  const from = ring.key(fromId ?? "");
  if (from === undefined || (record.id !== id && record.previousId !== undefined)) throw another();
  const begun = { id, previousId: fromId, keptSealed: ring.keptSealedBy(to) };
  signal.throwIfAborted();
  if (record.id !== id && !(await change("begun", begun))) throw another();
  const first = await resealAll(options, from);
  if (options.settleMs > 0) await options.wait(options.settleMs, signal);
  // What servers have sealed with the old key before they knew of the new one.
  const last = await resealAll(options, from);
  signal.throwIfAborted();
  if (!(await change("finished", { ...begun, previousId: undefined }))) throw another();
  return { id, resealed: first.resealed + last.resealed, unreadable: last.unreadable };
}

async function resealAll({ places, to, signal }: RotateOptions, from: MasterKey) {
  let resealed = 0;
  const unreadable: Record<string, number> = {};
  for (const place of places) {
    const sealers = {
      from: createSealer(from.derive(place.purpose)),
      to: createSealer(to.derive(place.purpose)),
    };
    for (let rows = await place.next(undefined); rows.length > 0; rows = await place.next(rows.at(-1)?.key)) {
      for (const row of rows) {
        signal.throwIfAborted();
        if (opened(sealers.to, row) !== undefined) continue;
        const plain = opened(sealers.from, row);
        if (plain === undefined) unreadable[place.name] = (unreadable[place.name] ?? 0) + 1;
        // Where it is another one by now, it was sealed after the change of keys.
        else if (await place.replace(row, sealers.to.seal(plain, row.aad))) resealed += 1;
      }
    }
  }
  return { resealed, unreadable };
}

/** How many secrets of each place the ring cannot open, among the first that it comes to. */
export async function countUnreadable(ring: KeyRing, places: readonly SealedPlace[]): Promise<number> {
  let unreadable = 0;
  for (const place of places) {
    const sealer = ring.sealer(place.purpose);
    for (const row of await place.next(undefined)) if (opened(sealer, row) === undefined) unreadable += 1;
  }
  return unreadable;
}

function opened(sealer: Sealer, { sealed, aad }: SealedRow): Buffer | undefined {
  try {
    return sealer.open(sealed, aad);
  } catch {
    return undefined;
  }
}

function another(): PipitError {
  return new PipitError(
    "CONFIG_INVALID",
    "The master key is being replaced by another one than this. Finish that first, with both of its keys: pipit admin master-key rotate",
  );
}
