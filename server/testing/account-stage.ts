import { webSessionOf } from "./web-session-of.ts";
import { generateSync } from "otplib/functional";
import { peerKeyOf } from "#server/net/client-address.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { createAttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import type { RefreshFamily } from "#server/domain/tokens/ports.ts";
import type { DatabaseStore, Row, TestDatabase } from "./databases.ts";
import { createRefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import { createAccountServices, type AccountServices } from "#server/compose/account-services.ts";
import type { SignedIn, SignInAttempt } from "#server/domain/sign-in/sign-in.ts";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import type { Account } from "#server/domain/accounts/ports.ts";

const masterKey: MasterKey = { derive: (purpose) => Buffer.alloc(32, purpose) };
export const PASSWORD = "Correct-horse-1";
export const NEW_PASSWORD = "Battery-staple-2";
const byPassword = { password: PASSWORD, code: undefined };
const STEP_MS = 30_000;
const HOUR_MS = 3_600_000;

/** Everything of this folder on a real database, with real hashes and counters. */
export interface AccountStage extends AccountServices, AsyncDisposable {
  readonly temporary: DatabaseStore;
  /** How many passwords were looked at. */
  verifications(): number;
  /** Happens between the next look at a password and what follows from it. */
  meanwhile(work: () => Promise<unknown>): void;
  /** Ids of sessions that the guard was told to forget. */
  readonly forgotten: string[];
  register(login?: string): Promise<Account>;
  /** A sign-in that starts no session. */
  login(
    attempt: SignInAttempt,
    origin: AuditOrigin,
  ): Promise<SignedIn<void> & { readonly deviceToken: string }>;
  /** Enrols a second factor; its first code is used up. */
  enrol(account: Account): Promise<{ readonly secret: string; readonly recoveryCodes: readonly string[] }>;
  /** The code of this moment, or of another step. */
  codeOf(secret: string, step?: number): string;
  /** To the next time step, where a fresh code is good. */
  nextStep(): void;
  /** Three sessions with tokens, family-1 to -3, and three of browsers, web-1 to -3. */
  startSessions(userId: string, prefix?: string, more?: { readonly pendingOtp: boolean }): Promise<void>;
  /** Ids of what is still signed in. */
  liveSessions(userId: string): Promise<string[]>;
  /** Audit events in the order in which they were written, as "event outcome reason". */
  audited(): Promise<string[]>;
}

export function originFrom(ip = "192.0.2.1"): AuditOrigin {
  return { ip, userAgent: "test", correlationId: "c-1" };
}

/** @example await using stage = await openAccountStage(database); */
export async function openAccountStage(database: TestDatabase): Promise<AccountStage> {
  const temporary = await database.open();
  const { clock, store } = temporary;
  const hasher = createPasswordHasher({ maxQueued: 1000 });
  const forgotten: string[] = [];
  let verified = 0;
  let meanwhile: (() => Promise<unknown>) | undefined;
  const services = createAccountServices({
    auth: store.auth,
    masterKey,
    clock,
    networkOf: peerKeyOf,
    refusals: createRefusalAudit({ audit: store.auth.audit, clock }),
    limits: createAttemptLimits({ counters: store.counters, clock }),
    hasher: {
      ...hasher,
      verify: async (...given) => {
        verified += 1;
        const verdict = await hasher.verify(...given);
        const work = meanwhile;
        meanwhile = undefined;
        await work?.();
        return verdict;
      },
    },
    guard: { forget: (id) => forgotten.push(id) },
  });
  const codeOf = (secret: string, step = 0): string =>
    generateSync({ secret, epoch: Math.floor((clock.nowMs() + step * STEP_MS) / 1000) });
  return {
    ...services,
    temporary,
    forgotten,
    codeOf,
    verifications: () => verified,
    meanwhile(work) {
      meanwhile = work;
    },
    nextStep: () => clock.advance(STEP_MS),
    login: (attempt, from) => services.signIn.byPassword(attempt, async () => undefined, from),
    register: (login = "ann") => services.accounts.register({ login, password: PASSWORD }, originFrom()),
    async enrol(account) {
      const owner = { userId: account.id, clientId: "pipit-web", keep: {} };
      const { secret } = await services.ownAccount.beginSecondFactor(owner, byPassword, originFrom());
      const code = codeOf(secret);
      const recoveryCodes = await services.secondFactor.confirm(account.id, code, {}, originFrom());
      return { secret, recoveryCodes };
    },
    async startSessions(userId, prefix = "", { pendingOtp } = { pendingOtp: false }) {
      for (const number of [1, 2, 3]) {
        await store.auth.refreshTokens.createFamily(
          familyOf({ id: `${prefix}family-${number}`, userId, pendingOtp }, clock.nowMs()),
        );
        await store.auth.webSessions.create(
          webSessionOf({
            hash: `${prefix}web-${number}`,
            userId,
            createdAtMs: clock.nowMs(),
            lastSeenAtMs: clock.nowMs(),
            expiresAtMs: clock.nowMs() + HOUR_MS,
          }),
        );
      }
    },
    async liveSessions(userId) {
      const families = await store.auth.refreshTokens.listLive(userId, clock.nowMs());
      const rows = await temporary.query("select hash from web_sessions where user_id = $1", userId);
      return [...families.map(({ id }) => id), ...rows.map(({ hash }) => String(hash))].toSorted();
    },
    async audited() {
      const rows = await temporary.query(
        "select event, outcome, reason from audit_events order by at_ms, id",
      );
      return rows.map(toText);
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

function familyOf(
  { id, userId, pendingOtp }: Pick<RefreshFamily, "id" | "userId" | "pendingOtp">,
  nowMs: number,
): RefreshFamily {
  return {
    id,
    userId,
    pendingOtp,
    clientId: "pipit-cli",
    scope: "api:read",
    createdAtMs: nowMs,
    expiresAtMs: nowMs + HOUR_MS,
    revokedAtMs: undefined,
    revokedReason: undefined,
    otpTries: 0,
    authTimeMs: nowMs,
    amr: ["pwd"],
    originHash: undefined,
    lastUsedAtMs: nowMs,
    ip: undefined,
    userAgent: undefined,
  };
}

function toText({ event, outcome, reason }: Row): string {
  return [event, outcome, reason].filter((part) => part !== null).join(" ");
}
