import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from "./opaque-token.ts";

/** sign-in: a program of the person signs a browser in. ws: opens one WebSocket. */
export type OneTimePurpose = "sign-in" | "ws";

export interface StoredOneTimeToken {
  /** SHA-256, base64url; the token itself is never stored. */
  readonly hash: string;
  readonly purpose: OneTimePurpose;
  /** The user whose sign-outs end it as well. */
  readonly userId: string;
  /** The owner by whom live tokens are counted and limited. */
  readonly ownerId: string;
  /** JSON; what the token stands for. */
  readonly data: string;
}

export interface OneTimeLimits {
  readonly ttlMs: number;
  /** Of one owner, at the same time; a newer one takes the place of the oldest. */
  readonly keep: number;
}

/** Tokens that work once, and for their purpose only. */
export interface OneTimeStore {
  /** Also removes what is too much. Resolves to when it ends, epoch milliseconds. */
  add(token: StoredOneTimeToken, limits: OneTimeLimits): Promise<number>;
  /** Takes the token out, if it has not ended: of any number of takers at once, one gets it. */
  take(
    purpose: OneTimePurpose,
    hash: string,
  ): Promise<Pick<StoredOneTimeToken, "userId" | "data"> | undefined>;
  /** Leaves it where it is. */
  find(
    purpose: OneTimePurpose,
    hash: string,
  ): Promise<Pick<StoredOneTimeToken, "userId" | "data"> | undefined>;
  /** The same, and counts: of any number of tries at once each gets another number, from 1. */
  countTry(
    purpose: OneTimePurpose,
    hash: string,
  ): Promise<(Pick<StoredOneTimeToken, "userId" | "data"> & { readonly tries: number }) | undefined>;
  removeOfUser(userId: string): Promise<void>;
}

/** What {@link OneTimeStore.add} is given, with the data as it is. */
export interface OneTimeRequest extends Pick<StoredOneTimeToken, "purpose" | "userId" | "ownerId"> {
  readonly data: Readonly<Record<string, string>>;
}

/** Makes a token, and stores its hash. */
export async function issueOneTimeToken(
  store: Pick<OneTimeStore, "add">,
  { data, ...wanted }: OneTimeRequest,
  limits: OneTimeLimits,
): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
  const token = newOpaqueToken();
  const stored = { ...wanted, hash: hashOpaqueToken(token), data: JSON.stringify(data) };
  return { token, expiresAtMs: await store.add(stored, limits) };
}

/** What the token stands for; undefined when it is wrong, used, too old or for another purpose. */
export async function takeOneTimeToken(
  store: Pick<OneTimeStore, "take">,
  purpose: OneTimePurpose,
  token: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const taken = isOpaqueToken(token) ? await store.take(purpose, hashOpaqueToken(token)) : undefined;
  return taken && meaningOf(taken);
}

/** The same, and the token stays good. */
export async function findOneTimeToken(
  store: Pick<OneTimeStore, "find">,
  purpose: OneTimePurpose,
  token: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = isOpaqueToken(token) ? await store.find(purpose, hashOpaqueToken(token)) : undefined;
  return found && meaningOf(found);
}

function meaningOf({ userId, data }: Pick<StoredOneTimeToken, "userId" | "data">) {
  return { ...(JSON.parse(data) as Record<string, string>), userId };
}
