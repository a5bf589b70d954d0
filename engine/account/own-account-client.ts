import * as z from "zod/mini";
import type {
  FactorEnrolment,
  OwnAccount,
  OwnProof,
  ProfileChange,
  SignedInPlace,
} from "#contract/own-account.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";

const text = z.nullish(z.string());
const time = z.pipe(
  z.string(),
  z.transform((written: string) => Date.parse(written)),
);

const accountSchema = z.object({
  login: z.string(),
  display_name: z.string(),
  about: text,
  email: text,
  local: z.boolean(),
  created_at: time,
  second_factor: z.boolean(),
  recovery_codes_left: z.number(),
});
const enrolmentSchema = z.object({ uri: z.string(), secret: z.string(), qr_svg: z.string() });
const codesSchema = z.object({ recovery_codes: z.array(z.string()) });
const placesSchema = z.object({
  sessions: z.array(
    z.object({
      session_id: z.string(),
      client_id: z.string(),
      created_at: time,
      last_used: time,
      ip_address: z.nullish(z.string()),
      user_agent: z.nullish(z.string()),
      current: z.boolean(),
    }),
  ),
});

const pathsOf = { browser: "/auth/browsers", program: "/oauth/sessions" } as const;

export type OwnAccountClient = ReturnType<typeof createOwnAccountClient>;

/**
 * A user's own account on the server (docs/reference/accounts.md). All methods throw PipitError: CREDENTIALS_INVALID,
 * OTP_REQUIRED and OTP_INVALID for a wrong proof, INVALID_REQUEST with the field that the server does not take.
 *
 * @param http adds the sign-in
 * @param onRenamed the account has another name now
 */
export function createOwnAccountClient(http: HttpClient, onRenamed: () => void) {
  const { ask, change } = createJsonApi(http);
  return {
    async read(signal: AbortSignal): Promise<OwnAccount> {
      const told = await ask({ method: "GET", path: "/auth/me" }, accountSchema, signal);
      return {
        login: told.login,
        displayName: told.display_name,
        about: told.about ?? "",
        email: told.email ?? "",
        local: told.local,
        createdAtMs: told.created_at,
        secondFactor: told.second_factor,
        recoveryCodesLeft: told.recovery_codes_left,
      };
    },
    async changeProfile({ displayName, about, email }: ProfileChange, signal: AbortSignal): Promise<void> {
      const body = JSON.stringify({ display_name: displayName, about, email });
      await change({ method: "PUT", path: "/auth/profile", body }, signal);
      onRenamed();
    },
    /** Ends all other sessions. */
    async changePassword(oldPassword: string, newPassword: string, signal: AbortSignal): Promise<void> {
      const body = JSON.stringify({ old_password: oldPassword, new_password: newPassword });
      await change({ method: "PUT", path: "/auth/password", body }, signal);
    },
    async beginSecondFactor(proof: OwnProof, signal: AbortSignal): Promise<FactorEnrolment> {
      const { uri, secret, qr_svg } = await ask(
        post("/auth/otp/init", proofOf(proof)),
        enrolmentSchema,
        signal,
      );
      return { uri, secret, qrSvg: qr_svg };
    },
    /** @returns the recovery codes, which are told this once */
    async confirmSecondFactor(code: string, signal: AbortSignal): Promise<readonly string[]> {
      const told = await ask(post("/auth/otp/confirm", { otp: code }), codesSchema, signal);
      return told.recovery_codes;
    },
    /** Ends all other sessions. */
    async disableSecondFactor(proof: OwnProof, signal: AbortSignal): Promise<void> {
      await change(post("/auth/otp/disable", proofOf(proof)), signal);
    },
    /** Where the account is signed in, this place first, then by last use. */
    async places(signal: AbortSignal): Promise<readonly SignedInPlace[]> {
      const list = async (kind: SignedInPlace["kind"]): Promise<readonly SignedInPlace[]> => {
        const { sessions } = await ask({ method: "GET", path: pathsOf[kind] }, placesSchema, signal);
        return sessions.map((session) => ({
          id: session.session_id,
          kind,
          clientId: session.client_id,
          createdAtMs: session.created_at,
          lastUsedAtMs: session.last_used,
          address: session.ip_address ?? undefined,
          userAgent: session.user_agent ?? undefined,
          current: session.current,
        }));
      };
      const places = (await Promise.all([list("browser"), list("program")])).flat();
      return places.toSorted(
        (a, b) => Number(b.current) - Number(a.current) || b.lastUsedAtMs - a.lastUsedAtMs,
      );
    },
    /** One that has ended meanwhile is as good. */
    async endPlace({ id, kind }: SignedInPlace, signal: AbortSignal): Promise<void> {
      await change({ method: "DELETE", path: `${pathsOf[kind]}/${encodeURIComponent(id)}` }, signal).catch(
        ignoreGone,
      );
    },
    /** Switches the account off, and ends all its sessions. */
    async close(proof: OwnProof, signal: AbortSignal): Promise<void> {
      await change(post("/auth/deactivate", proofOf(proof)), signal);
    },
  };
}

function post(path: string, body: object) {
  return { method: "POST" as const, path, body: JSON.stringify(body) };
}

function proofOf({ password, code }: OwnProof) {
  return { password, otp: code };
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof PipitError) || error.detail !== "HTTP 404") throw error;
}
