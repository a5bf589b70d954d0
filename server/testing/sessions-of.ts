import type { Clock } from "#contract/clock.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { createRefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import { createSignIn, type EarlierProof, type SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import {
  createSessions,
  type Sessions,
  type StartedSession,
  type StartRequest,
} from "#server/domain/tokens/sessions.ts";

/** The user and client of a session, and its scope. */
export type TestStart = StartRequest & Omit<EarlierProof, "amr"> & Partial<Pick<EarlierProof, "amr">>;

interface SessionsOf {
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  /** A session as a sign-in starts it, without the proof. */
  start(request: TestStart, origin: AuditOrigin): Promise<StartedSession>;
}

/** Sessions as a server has them. */
export function sessionsOf(
  auth: AuthStore,
  { masterKey, clock }: { readonly masterKey: MasterKey; readonly clock: Clock },
  forget: (sessionId: string) => void = () => undefined,
): SessionsOf {
  const refusals = createRefusalAudit({ audit: auth.audit, clock });
  const sessions = createSessions({ auth, masterKey, clock, guard: { forget }, refusals });
  const prove = () => Promise.reject(new Error("no passwords here"));
  const signIn = createSignIn({ auth, prove, guard: { forget }, clock });
  return {
    sessions,
    signIn,
    async start({ userId, amr = ["pwd"], authTimeMs, credentialsVersion, ...request }, origin) {
      const proof = { userId, amr, authTimeMs, credentialsVersion };
      const { session } = await signIn.byEarlierProof(proof, sessions.starts(request), origin);
      return session;
    },
  };
}
