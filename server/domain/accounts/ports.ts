export interface Account {
  readonly id: string;
  /** Unique, as typed. */
  readonly login: string;
  readonly displayName: string;
  /** The account that the server makes for its own machine. */
  readonly local: boolean;
  readonly active: boolean;
  readonly createdAtMs: number;
}

export interface AccountStore {
  create(account: Account): Promise<void>;
  findById(id: string): Promise<Account | undefined>;
  findByLogin(login: string): Promise<Account | undefined>;
}

/** One browser that is signed in. */
export interface StoredWebSession {
  /** SHA-256, base64url; the token itself is never stored. */
  readonly hash: string;
  readonly userId: string;
  readonly clientId: string;
  /** Space-separated; what the sign-in was for. */
  readonly scope: string;
  readonly createdAtMs: number;
  /** When it was last used, within some minutes. */
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
}

export interface WebSessionStore {
  create(session: StoredWebSession): Promise<void>;
  find(hash: string): Promise<StoredWebSession | undefined>;
  /** Changes nothing when the session is gone. */
  touch(hash: string, nowMs: number): Promise<void>;
  remove(hash: string): Promise<void>;
  /** Removes every session that ended at `nowMs` or before. */
  removeExpired(nowMs: number): Promise<void>;
}

/** A code that signs one browser in, once. */
export interface StoredSignInCode {
  /** SHA-256, base64url; the code itself is never stored. */
  readonly hash: string;
  readonly userId: string;
  /** Space-separated; what the session will be for. */
  readonly scope: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface SignInCodeStore {
  /** Adds a code, and removes all but the `keep` newest of this user; in one transaction. */
  add(code: StoredSignInCode, keep: number): Promise<void>;
  /** Takes the code out, if it is still good at `nowMs`: of any number of takers at once, one gets it. */
  take(hash: string, nowMs: number): Promise<StoredSignInCode | undefined>;
  /** Removes every code that ended at `nowMs` or before. */
  removeExpired(nowMs: number): Promise<void>;
}
