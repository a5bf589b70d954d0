import { z } from "zod";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { withTimeout } from "#engine/abort.ts";
import type { Clock, HttpClient, HttpResponse, StoredTokens } from "#engine/ports.ts";

/** Time for one exchange, in milliseconds; less than the 10 s for which a lock is waited for (docs/reference/developer-api.md, "Credentials file"). */
const TOKEN_TIMEOUT_MS = 8000;
/** Revoking at sign-out is a courtesy to the server that must not keep the user waiting. */
const REVOKE_TIMEOUT_MS = 3000;

const answerSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().finite().positive(),
  scope: z.string().optional(),
  refresh_expires_in: z.number().finite().positive(),
  account: z.object({ id: z.string().min(1), name: z.string(), local: z.boolean() }),
});

const errorSchema = z.object({ error: z.string() });

/** `refused` is the only outcome that ends a session: invalid_grant, 401 or 403 (docs/reference/developer-api.md). */
type TokenAnswer =
  | { readonly kind: "granted"; readonly tokens: StoredTokens }
  | { readonly kind: "refused"; readonly oauthError: string };

/** The OAuth endpoints of one server. */
export type TokenEndpoint = ReturnType<typeof createTokenEndpoint>;

export function createTokenEndpoint(http: HttpClient, clock: Clock, clientId: string, serverUrl: string) {
  async function post(
    path: string,
    form: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
  ) {
    const request = {
      method: "POST",
      path,
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams({ ...form, client_id: clientId }).toString(),
    } as const;
    return withTimeout(clock, timeoutMs, signal, (limited) => http.request(request, limited), tooSlow);
  }

  async function grant(form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<TokenAnswer> {
    return readAnswer(await post("/oauth/token", form, TOKEN_TIMEOUT_MS, signal), clock.nowMs(), serverUrl);
  }

  return {
    /** @throws PipitError SERVER_UNREACHABLE, RATE_LIMITED, CANCELLED */
    refresh: (refreshToken: string, signal: AbortSignal) =>
      grant({ grant_type: "refresh_token", refresh_token: refreshToken }, signal),
    /** Exchanges the one-time secret. @throws as refresh */
    local: (secret: string, signal: AbortSignal) => grant({ grant_type: LOCAL_GRANT_TYPE, secret }, signal),
    /** RFC 7009. @throws PipitError when the server was not reached */
    async revoke(refreshToken: string, signal: AbortSignal): Promise<void> {
      const form = { token: refreshToken, token_type_hint: "refresh_token" };
      await post("/oauth/revoke", form, REVOKE_TIMEOUT_MS, signal);
    },
  };
}

function tooSlow(): PipitError {
  return new PipitError(
    "SERVER_UNREACHABLE",
    "The Pipit server did not answer in time. Try again in a moment.",
  );
}

function readAnswer(response: HttpResponse, nowMs: number, serverUrl: string): TokenAnswer {
  const { status } = response;
  if (status === 200) return { kind: "granted", tokens: readTokens(response.body, nowMs, serverUrl) };
  const parsed = errorSchema.safeParse(parseJson(response.body));
  const oauthError = parsed.success ? parsed.data.error : "";
  if (status === 401 || status === 403 || (status === 400 && oauthError === "invalid_grant")) {
    return { kind: "refused", oauthError: oauthError === "" ? String(status) : oauthError };
  }
  if (status === 429) {
    const retryAfterMs = retryAfter(response);
    const message = "The server asks to wait before signing in again. Try again in a minute.";
    throw new PipitError("RATE_LIMITED", message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  throw new PipitError(
    "SERVER_UNREACHABLE",
    "The Pipit server cannot sign you in at the moment. Try again later.",
    { detail: `POST /oauth/token answered ${status} ${oauthError}` },
  );
}

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
