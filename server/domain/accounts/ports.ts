/** What an account may do; an admin administers users, clients, keys and the audit. */
export type Role = "user" | "admin";

export interface Account {
  readonly id: string;
  /** As typed at registration. */
  readonly login: string;
  readonly displayName: string;
  readonly about: string | undefined;
  readonly email: string | undefined;
  readonly role: Role;
  /** The account that the server makes for its own machine. */
  readonly local: boolean;
  readonly active: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly lastLoginAtMs: number | undefined;
  /**
   * Grows with every change of what a sign-in needs: password, second factor, being switched on or off. What was proved at
   * one version is worth nothing at another.
   */
  readonly credentialsVersion: number;
}

/** What proves who a user is; read by the sign-in alone, so that no other code ever holds it. */
export interface AccountCredentials {
  readonly userId: string;
  /** PHC string (argon2id, or bcrypt of an older system); undefined for an account without a password. */
  readonly passwordHash: string | undefined;
  readonly passwordChangedAtMs: number | undefined;
  /** Sealed secret of the confirmed second factor. */
  readonly totpSealed: string | undefined;
  /** Sealed secret of an enrolment that was begun. */
  readonly totpPendingSealed: string | undefined;
  /** Time step of the last code that was accepted. */
  readonly totpLastStep: number | undefined;
}

export interface AccountWithCredentials {
  readonly account: Account;
  readonly credentials: AccountCredentials;
}

/** Begins at version 0. */
export interface NewAccount extends Omit<Account, "credentialsVersion"> {
  readonly passwordHash: string | undefined;
}

/** null removes it. */
export type AccountChange = Partial<
  Pick<Account, "displayName" | "role" | "active"> & Record<"about" | "email", string | null>
>;

export interface AccountQuery {
  /** Only accounts whose login or e-mail begins so, in any case. */
  readonly prefix?: string | undefined;
  readonly afterLoginKey?: string | undefined;
  readonly limit: number;
}

/**
 * Logins are unique by `loginKeyOf`, addresses by lower case. `create` and `update` throw INVALID_REQUEST with the
 * field "login" or "email" when another account has it.
 */
export interface AccountStore {
  create(account: NewAccount): Promise<void>;
  findById(id: string): Promise<Account | undefined>;
  /** Of the accounts that are there. In one statement: for some hundred at most. */
  loginsOf(ids: readonly string[]): Promise<readonly string[]>;
  /** By login, in any case. */
  findByLogin(login: string): Promise<Account | undefined>;
  /** By login or e-mail address, in any case, with what proves it. */
  findForSignIn(name: string): Promise<AccountWithCredentials | undefined>;
  findWithCredentials(id: string): Promise<AccountWithCredentials | undefined>;
  /**
   * The account as it is, which nothing else changes before the transaction ends, and the database's time, epoch
   * milliseconds. Every sign-in and every change that ends sessions begins with it, so that each sees the other.
   */
  lock(id: string): Promise<(AccountWithCredentials & { readonly nowMs: number }) | undefined>;
  credentialsOf(userId: string): Promise<AccountCredentials | undefined>;
  /** Resolves to the changed account; undefined when there is none. */
  update(id: string, change: AccountChange, nowMs: number): Promise<Account | undefined>;
  /**
   * Resolves to when the password changed, epoch milliseconds: later than the last time, also when a clock was set back,
   * because known devices are bound to it.
   */
  setPassword(id: string, passwordHash: string, nowMs: number): Promise<number>;
  /** Replaces the hash of the same password, if it is still `from` (an upgrade must not undo a change of password). */
  upgradePasswordHash(id: string, from: string, to: string): Promise<void>;
  /** To the present of the database. */
  setLastLogin(id: string): Promise<void>;
  /** Erases what an account owns besides its chats (see account-tables.ts), with no way back: its owner closes it. */
  eraseOwned(id: string): Promise<void>;
  /** Removes the account itself, the last of what is erased. False when it is not there or is switched on. */
  remove(id: string): Promise<boolean>;
  list(query: AccountQuery): Promise<readonly Account[]>;
  count(): Promise<number>;
}

/** The second factor of accounts. Every change is one statement with its guard in it. */
export interface TotpStore {
  /** Begins an enrolment, in place of one that was begun before. */
  setPending(userId: string, sealedSecret: string): Promise<void>;
  /**
   * Makes the pending secret the confirmed one, if it is still `sealedSecret`, and burns its step; false otherwise.
   */
  confirm(userId: string, sealedSecret: string, step: number): Promise<boolean>;
  /** Takes a step if it is later than the last one taken: of any number of takers at once, one gets it (RFC 6238 §5.2). */
  takeStep(userId: string, step: number): Promise<boolean>;
  /** Removes secrets, step and recovery codes. */
  disable(userId: string): Promise<void>;
  /** Replaces all recovery codes. */
  setRecoveryCodes(userId: string, hashes: readonly string[]): Promise<void>;
  /** Uses a code up; false when it is unknown or used. */
  takeRecoveryCode(userId: string, hash: string, nowMs: number): Promise<boolean>;
  countRecoveryCodes(userId: string): Promise<number>;
}

/**
 * How a person signed a browser in. password: shown here. code, token: carried over from a program of theirs, so that it
 * is worth no more than that one's session.
 */
export const WEB_SESSION_PROOFS = ["password", "code", "token"] as const;
export type WebSessionProof = (typeof WEB_SESSION_PROOFS)[number];

/** One browser that is signed in. */
export interface StoredWebSession {
  /** Its name in lists; opens nothing. */
  readonly id: string;
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
  readonly proof: WebSessionProof;
  /** Id of the refresh family of the program it was carried over from; undefined for a sign-in of the page's own. */
  readonly familyId: string | undefined;
  /** Id of the access token it was traded for. */
  readonly tokenId: string | undefined;
  /** Where it was begun. */
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
}

export interface WebSessionStore {
  create(session: StoredWebSession): Promise<void>;
  /**
   * Undefined also for a session whose refresh family is revoked or gone, whose token was revoked, or whose client is
   * switched off: it has ended with them. A session past its `expiresAtMs` is found until it is removed.
   */
  find(hash: string): Promise<StoredWebSession | undefined>;
  /** Those of a user that {@link find} would find and that end later than `nowMs`, newest first. */
  listLive(userId: string, nowMs: number): Promise<readonly StoredWebSession[]>;
  /** Changes nothing when the session is gone. */
  touch(hash: string, nowMs: number): Promise<void>;
  remove(hash: string): Promise<void>;
  /**
   * Removes all sessions of a user; resolves to their ids.
   *
   * @param keep id of one that goes on, and by itself: what it was carried over from ends
   */
  removeOfUser(userId: string, keep?: string): Promise<readonly string[]>;
}
