import { z } from "zod";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import { isErrorCode, type ErrorCode } from "#contract/error-codes.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { CLOCK_OFF_MS } from "#contract/sign-in.ts";
import { errorInBody, errorOfStranger } from "#engine/wire/http-error.ts";
import { withTimeout } from "#engine/abort.ts";
import type { Clock, HttpClient, HttpResponse, StoredTokens } from "#engine/ports.ts";
import { clockAhead } from "./look-at-server.ts";

/** Time for one exchange, in milliseconds; less than the 10 s for which a lock is waited for (docs/reference/developer-api.md, "Credentials file"). */
const TOKEN_TIMEOUT_MS = 8000;
/** Revoking at sign-out is a courtesy to the server that must not keep the user waiting. */
const REVOKE_TIMEOUT_MS = 3000;

const TOKEN = "/oauth/token";
const REGISTER = "/auth/register";

const answerSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().finite().positive(),
  scope: z.string().optional(),
  refresh_expires_in: z.number().finite().positive(),
  account: z.object({ id: z.string().min(1), name: z.string(), local: z.boolean() }),
});

const errorSchema = z.object({
  error: z.string(),
  error_description: z.string().optional().catch(undefined),
  pipit_code: z.string().refine(isErrorCode).optional().catch(undefined),
});

/** What is not granted is refused with an error of RFC 6749 §5.2 or RFC 8628 §3.5; all else is thrown. */
type TokenAnswer =
  | { readonly kind: "granted"; readonly tokens: StoredTokens }
  | { readonly kind: "refused"; readonly oauthError: string; readonly error: PipitError };

/** A login and password, with a code of the second factor or a recovery code where the account has one. */
export interface PasswordSignIn {
  readonly login: string;
  readonly password: string;
  readonly code?: string | undefined;
}

/** A new account. */
export interface Registration {
  readonly login: string;
  readonly password: string;
  /** Empty: the login. */
  readonly displayName: string;
}

/** The OAuth endpoints of one server. */
export type TokenEndpoint = ReturnType<typeof createTokenEndpoint>;

export function createTokenEndpoint(http: HttpClient, clock: Clock, clientId: string, serverUrl: string) {
  async function post(
    path: string,
    form: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
  ) {
    const body = new URLSearchParams({ ...form, client_id: clientId }).toString();
    return send(path, "application/x-www-form-urlencoded", body, timeoutMs, signal);
  }

  async function send(path: string, type: string, body: string, timeoutMs: number, signal: AbortSignal) {
    const headers = { "content-type": type, accept: "application/json" };
    const request = { method: "POST", path, headers, body } as const;
    return withTimeout(clock, timeoutMs, signal, (limited) => http.request(request, limited), tooSlow);
  }

  async function grant(form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<TokenAnswer> {
    return read(await post(TOKEN, form, TOKEN_TIMEOUT_MS, signal));
  }

  function read(response: HttpResponse): TokenAnswer {
    return readAnswer(response, clock.nowMs(), serverUrl);
  }

  return {
    /** Reads the answer to a request for tokens that was made elsewhere. @throws as refresh */
    read,
    /** @throws PipitError SERVER_UNREACHABLE, RATE_LIMITED, CANCELLED */
    refresh: (refreshToken: string, signal: AbortSignal) =>
      grant({ grant_type: "refresh_token", refresh_token: refreshToken }, signal),
    /** Exchanges the one-time secret. @throws as refresh */
    local: (secret: string, signal: AbortSignal) => grant({ grant_type: LOCAL_GRANT_TYPE, secret }, signal),
    /** RFC 6749 §4.3, for our own programs. @throws as refresh; ACCOUNT_LOCKED, INVALID_REQUEST */
    async password({ login, password, code }: PasswordSignIn, signal: AbortSignal): Promise<TokenAnswer> {
      const person = { grant_type: "password", username: login.trim(), password };
      const form = { ...person, ...(code === undefined ? {} : { otp: code }) };
      const response = await post(TOKEN, form, TOKEN_TIMEOUT_MS, signal);
      const answer = read(response);
      const codeRefused = answer.kind === "refused" && answer.error.code === "OTP_INVALID";
      return codeRefused
        ? { ...answer, error: withClocks(answer.error, clockAhead(response, clock.nowMs())) }
        : answer;
    },
    /**
     * Makes an account, for which the server answers as its token endpoint does.
     *
     * @throws PipitError INVALID_REQUEST with `field`, NOT_ALLOWED, RATE_LIMITED, SERVER_UNREACHABLE, CANCELLED
     */
    async register(
      { login, password, displayName }: Registration,
      signal: AbortSignal,
    ): Promise<StoredTokens> {
      const account = { login: login.trim(), password, display_name: displayName.trim() || undefined };
      const body = JSON.stringify({ ...account, client_id: clientId });
      const response = await send(REGISTER, "application/json", body, TOKEN_TIMEOUT_MS, signal);
      if (response.status === 200) return readTokens(response.body, clock.nowMs(), serverUrl);
      throw errorInBody(response) ?? errorOf(response);
    },
    /** RFC 7009. @throws PipitError when the server was not reached */
    async revoke(refreshToken: string, signal: AbortSignal): Promise<void> {
      const form = { token: refreshToken, token_type_hint: "refresh_token" };
      await post("/oauth/revoke", form, REVOKE_TIMEOUT_MS, signal);
    },
  };
}

/** Codes of an authenticator app are good for half a minute: a clock that is wrong is why none is taken. */
function withClocks(error: PipitError, aheadMs: number): PipitError {
  if (Math.abs(aheadMs) <= CLOCK_OFF_MS) return error;
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  const message = `${error.message} The clocks of this computer and the server are ${minutes} minutes apart: set the wrong one right, and that of the phone.`;
  return new PipitError(error.code, message);
}

function tooSlow(): PipitError {
  return new PipitError(
    "SERVER_UNREACHABLE",
    "The Pipit server did not answer in time. Try again in a moment.",
  );
}

/** Not a mistake in the request, nor a fault that passes. */
const decided: ReadonlySet<string> = new Set([
  "invalid_grant",
  "authorization_pending",
  "slow_down",
  "expired_token",
  "access_denied",
]);

function readAnswer(response: HttpResponse, nowMs: number, serverUrl: string): TokenAnswer {
  const { status } = response;
  const stranger = errorOfStranger(response);
  if (stranger !== undefined) throw stranger;
  if (status === 200) return { kind: "granted", tokens: readTokens(response.body, nowMs, serverUrl) };
  const parsed = errorSchema.safeParse(parseJson(response.body));
  const oauthError = parsed.success ? parsed.data.error : "";
  const error = errorOf(response);
  if (status === 401 || status === 403 || (status === 400 && decided.has(oauthError))) {
    return { kind: "refused", oauthError: oauthError === "" ? String(status) : oauthError, error };
  }
  throw error;
}

/** What the server says in its own code, which OAuth's few words cannot tell apart; else what the status says. */
export function errorOf(response: HttpResponse): PipitError {
  const { status } = response;
  const told = errorSchema.safeParse(parseJson(response.body)).data;
  const retryAfterMs = retryAfter(response);
  const waits = retryAfterMs === undefined ? {} : { retryAfterMs };
  const detail = `the server answered ${status} ${told?.error ?? ""}`;
  if (told?.pipit_code !== undefined) {
    const { pipit_code: code, error_description: message = "The server refused the sign-in." } = told;
    return new PipitError(code, message, { ...waits, detail });
  }
  const [code, message] = status === 429 ? asksToWait : (refusals[told?.error ?? ""] ?? notNow);
  return new PipitError(code, message, { ...waits, detail });
}

type Told = readonly [ErrorCode, string];
const asksToWait: Told = [
  "RATE_LIMITED",
  "The server asks to wait before signing in again. Try again in a minute.",
];
const notNow: Told = [
  "SERVER_UNREACHABLE",
  "The Pipit server cannot sign you in at the moment. Try again later.",
];

const wayClosed: Told = [
  "NOT_ALLOWED",
  "This server does not let this program sign in this way. Try another way.",
];
/** OAuth's words, where a server says no more. */
const refusals: Readonly<Record<string, Told>> = {
  invalid_grant: ["CREDENTIALS_INVALID", "The server refused this sign-in. Check what you typed in."],
  invalid_client: wayClosed,
  unauthorized_client: wayClosed,
  unsupported_grant_type: wayClosed,
};

function readTokens(body: string, nowMs: number, serverUrl: string): StoredTokens {
  const parsed = answerSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
    throw new PipitError(
      "SERVER_UNREACHABLE",
      "The server's sign-in answer could not be read. Is it a Pipit server?",
      { detail: `POST /oauth/token: bad fields: ${fields}` },
    );
  }
  const { data } = parsed;
  return {
    accessToken: data.access_token,
    refreshToken: data.refresh_token,
    accessExpiresAtMs: nowMs + data.expires_in * 1000,
    refreshExpiresAtMs: nowMs + data.refresh_expires_in * 1000,
    accountId: data.account.id,
    accountName: data.account.name,
    local: data.account.local,
    serverUrl,
  };
}

/** Seconds only; the date form of RFC 9110 §10.2.3 is not used by our server. */
function retryAfter(response: HttpResponse): number | undefined {
  const name = Object.keys(response.headers).find((header) => header.toLowerCase() === "retry-after");
  const value = name === undefined ? undefined : response.headers[name];
  return value !== undefined && /^\d+$/.test(value) ? Number(value) * 1000 : undefined;
}
