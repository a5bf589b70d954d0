import { accountOf } from "./account-of.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { clientOf } from "./client-of.ts";
import { sessionsOf, type TestStart } from "./sessions-of.ts";
import type { DatabaseStore, TestDatabase } from "./databases.ts";
import type { Store } from "../store/store.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { RotateOutcome } from "#server/domain/tokens/sessions-refresh.ts";

export const origin: AuditOrigin = { ip: "192.0.2.7", userAgent: "a test", correlationId: "c-1" };
const DAY_SECONDS = 86_400;

/** A client of the usual lifetimes. */
function refreshingClient(change: Partial<OauthClient> = {}): OauthClient {
  return clientOf({
    clientId: "pipit-cli",
    scope: "api:read api:write",
    grantTypes: ["password", "refresh_token"],
    refreshTtlSeconds: 30 * DAY_SECONDS,
    refreshAbsoluteSeconds: 180 * DAY_SECONDS,
    refreshGraceMs: 15 * 60 * 1000,
    active: true,
    ...change,
  });
}

/** The same for everybody in a test, as for all servers on one database. */
export const testMasterKey: MasterKey = {
  derive: (purpose) => Buffer.from(purpose.padEnd(32, "-").slice(0, 32)),
};

/** Sessions on a real database, with the accounts alice and bob. */
export interface SessionStage extends AsyncDisposable {
  readonly database: DatabaseStore;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly client: OauthClient;
  /** Ids that the guard was told to forget. */
  readonly forgotten: string[];
  /** Sessions of another server on the same database. */
  sessionsOn(store: Store): Sessions;
  /** A sign-in of alice. */
  start(change?: Partial<TestStart>): Promise<{ readonly refreshToken: string; readonly sessionId: string }>;
  refresh(refreshToken: string, change?: { client?: OauthClient; scope?: string }): Promise<RotateOutcome>;
  /** Events of the audit, oldest first. */
  audited(): Promise<readonly { readonly event: string; readonly reason: string | null }[]>;
}

export async function openSessionStage(
  open: TestDatabase["open"],
  change: Partial<OauthClient> = {},
): Promise<SessionStage> {
  const database = await open();
  const client = refreshingClient(change);
  for (const id of ["alice", "bob"]) await database.store.auth.accounts.create(accountOf({ id }));
  const forgotten: string[] = [];
  const serverOn = ({ auth }: Store) =>
    sessionsOf(auth, { masterKey: testMasterKey, clock: database.clock }, (id) => void forgotten.push(id));
  const { sessions, signIn, start } = serverOn(database.store);
  return {
    database,
    sessions,
    signIn,
    client,
    forgotten,
    sessionsOn: (store) => serverOn(store).sessions,
    async start(request) {
      const started = await start(
        {
          userId: "alice",
          client,
          scope: "api:read api:write",
          amr: ["pwd"],
          authTimeMs: database.clock.nowMs(),
          grant: "password",
          withRefreshToken: true,
          ...request,
        },
        origin,
      );
      return { sessionId: started.sessionId, refreshToken: started.refreshToken ?? "" };
    },
    refresh: (refreshToken, request = {}) => sessions.refresh({ refreshToken, client, ...request }, origin),
    async audited() {
      const rows = await database.query("select event, reason from audit_events order by id");
      return rows.map(({ event, reason }) => ({
        event: String(event),
        reason: reason === null || reason === undefined ? null : String(reason),
      }));
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** The outcome of a refresh that must have been granted. */
export function rotated(outcome: RotateOutcome): Extract<RotateOutcome, { kind: "rotated" }> {
  if (outcome.kind !== "rotated") throw new Error(`refused: ${outcome.reason}`);
  return outcome;
}
