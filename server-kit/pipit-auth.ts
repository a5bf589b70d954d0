import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet } from "jose";

/** What a service says about itself and the Pipit server whose tokens it takes. */
export interface AuthOptions {
  /** `iss` of the tokens, character by character: `issuer` in the server's /.well-known/openid-configuration. */
  readonly issuer: string;
  /** `aud` of the tokens; default "pipit". */
  readonly audience?: string;
  /** Default: /.well-known/jwks.json of the issuer. */
  readonly jwksUrl?: string;
  /**
   * What `X-Internal-Auth` must hold while clients move to tokens; absent or empty: the header is ignored. Who holds it is
   * no person, so it is worth `internalScopes` and no more.
   */
  readonly internalKey?: string | undefined;
  /** Default "api:read" and "api:write". */
  readonly internalScopes?: readonly string[];
  /** Counts every request once, for example a Counter of prom-client with the labels `method` and `outcome`. */
  readonly counter?: { inc(labels: { method: Method | "none"; outcome: "accepted" | RefusalCode }): void };
  /** How long keys are believed before they are read anew; default 600,000. */
  readonly keysMaxAgeMs?: number;
  /** While the server does not answer, its last keys go on for this long; default 24 hours. */
  readonly keysMaxBlindMs?: number;
  /** Unknown keys and a server that is down make it be asked at most this often; default 30,000. */
  readonly cooldownMs?: number;
  /** Now, in epoch milliseconds; default the system's clock. */
  readonly nowMs?: () => number;
}

type Method = "bearer" | "internal";

/** Who asks. */
export interface Caller {
  readonly method: Method;
  /** Id of the account; of a service, its client id. */
  readonly subject: string;
  readonly kind: "user" | "service";
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Everything else that the token says; empty for X-Internal-Auth. */
  readonly claims: Readonly<Record<string, unknown>>;
}

const refusals = {
  TOKEN_MISSING: [401, undefined, "Send an access token: Authorization: Bearer <token>."],
  TOKEN_INVALID: [401, "invalid_token", "The access token is not valid here. Sign in again."],
  TOKEN_EXPIRED: [401, "invalid_token", "The access token has expired. Refresh it, or sign in again."],
  NOT_ALLOWED: [403, "insufficient_scope", "The access token does not have the scope that this needs."],
  SERVER_UNREACHABLE: [503, undefined, "The keys of the sign-in server cannot be read. Try again soon."],
} as const;
type RefusalCode = keyof typeof refusals;

/** Why a request is not served: its status, headers and body, which tell a forger nothing. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** As the Pipit server itself answers. */
  readonly body: { readonly error: { readonly code: RefusalCode; readonly message: string } };

  /** @param scopes those that were asked for and are not there */
  constructor(code: RefusalCode, scopes: readonly string[] = []) {
    const [status, error, message] = refusals[code];
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.status = status;
    this.body = { error: { code, message } };
    // RFC 6750 section 3: without a token there is no error in it.
    const parts = [
      'realm="pipit"',
      ...(error === undefined ? [] : [`error="${error}"`, `error_description="${message}"`]),
      ...(scopes.length > 0 ? [`scope="${scopes.join(" ")}"`] : []),
    ];
    this.headers =
      status === 503 ? { "retry-after": "5" } : { "www-authenticate": `Bearer ${parts.join(", ")}` };
  }
}

const MAX_TOKEN_CHARS = 8192;
const ALGORITHMS = ["RS256", "ES256"];
/** Between two clocks. */
const SKEW_SECONDS = 90;
const FETCH_TIMEOUT_MS = 2_000;
/** Without any key nothing can be served, so the server is asked more often. */
const FIRST_KEYS_COOLDOWN_MS = 1_000;

/** The check of every request of a service; one per process, for it holds the server's keys. */
export function createAuth(options: AuthOptions) {
  const { issuer, audience = "pipit", counter, nowMs = Date.now } = options;
  const { internalKey = "", internalScopes = ["api:read", "api:write"] } = options;
  const keyOf = createKeys(options, nowMs);
  const callers = new WeakMap<object, Caller>();

  async function byToken(authorization: string): Promise<Caller> {
    const token = /^bearer +([\w.-]+) *$/i.exec(authorization)?.[1];
    if (token === undefined || token.length > MAX_TOKEN_CHARS) throw new Refusal("TOKEN_INVALID");
    const { payload } = await jwtVerify(token, await keyOf(kidOf(token)), {
      issuer,
      audience,
      typ: "at+jwt",
      algorithms: ALGORITHMS,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ["exp", "iat", "nbf", "jti", "sub"],
      currentDate: new Date(nowMs()),
    });
    const { sub: subject, client_id: clientId, scope, type } = payload;
    if (type !== "access" || typeof clientId !== "string" || typeof scope !== "string" || !subject) {
      throw new Refusal("TOKEN_INVALID");
    }
    const kind = subject === clientId ? "service" : "user";
    const scopes = scope.split(" ").filter(Boolean);
    return { method: "bearer", subject, kind, clientId, scopes, claims: payload };
  }

  function methodOf({ authorization, "x-internal-auth": given }: IncomingHttpHeaders): Method | "none" {
    if (authorization) return "bearer";
    return given && internalKey !== "" ? "internal" : "none";
  }

  function identify(method: Method | "none", headers: IncomingHttpHeaders): Promise<Caller> | Caller {
    if (method === "none") throw new Refusal("TOKEN_MISSING");
    return method === "bearer" ? byToken(headers.authorization ?? "") : byKey(headers["x-internal-auth"]);
  }

  function byKey(given: string | string[] | undefined): Caller {
    // Hashes of one length: neither the content nor the length of the key shows in the time that it takes.
    if (!timingSafeEqual(sha256(String(given)), sha256(internalKey))) throw new Refusal("TOKEN_INVALID");
    const who = { subject: "internal", kind: "service", clientId: "internal" } as const;
    return { method: "internal", ...who, scopes: internalScopes, claims: {} };
  }

  return {
    /**
     * Who asks, if they have all the scopes. A token that is there decides alone: with a bad one a good key is worth nothing.
     *
     * @throws Refusal and nothing else
     */
    async admit(headers: IncomingHttpHeaders, scopes: readonly string[] = []): Promise<Caller> {
      const method = methodOf(headers);
      try {
        const caller = await identify(method, headers);
        if (!scopes.every((scope) => caller.scopes.includes(scope))) throw new Refusal("NOT_ALLOWED", scopes);
        counter?.inc({ method, outcome: "accepted" });
        return caller;
      } catch (reason) {
        const refusal = refusalOf(reason);
        counter?.inc({ method, outcome: refusal.code });
        throw refusal;
      }
    },
    /** For middleware: remembers whose request it is. */
    remember: (request: object, caller: Caller) => void callers.set(request, caller),
    /** Who sent a request that was let in; throws where no check stands before the handler. */
    callerOf(request: object): Caller {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error("This route is behind no check of pipit-auth.");
      return caller;
    },
  };
}

export type Auth = ReturnType<typeof createAuth>;

/** The server's keys: read once, again when they are old or one is unknown, never more often than the cooldown. */
function createKeys(options: AuthOptions, nowMs: () => number) {
  const {
    issuer,
    jwksUrl = `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`,
    cooldownMs = 30_000,
  } = options;
  const { keysMaxAgeMs = 600_000, keysMaxBlindMs = 86_400_000 } = options;
  let known:
    | { readonly keys: ReturnType<typeof createLocalJWKSet>; readonly kids: ReadonlySet<unknown> }
    | undefined;
  let readAtMs = -Infinity;
  let triedAtMs = -Infinity;
  let reading: Promise<void> | undefined;
  // A clock that was set back makes nothing young.
  const since = (timeMs: number): number => Math.abs(nowMs() - timeMs);

  async function read(): Promise<void> {
    triedAtMs = nowMs();
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const response = await fetch(jwksUrl, { signal, redirect: "error" });
    const set = (await response.json()) as JSONWebKeySet;
    if (!response.ok || set.keys.length === 0) return;
    known = { keys: createLocalJWKSet(set), kids: new Set(set.keys.map(({ kid }) => kid)) };
    readAtMs = nowMs();
  }

  return async (kid: string) => {
    const wanted = known === undefined || !known.kids.has(kid) || since(readAtMs) >= keysMaxAgeMs;
    const pauseMs = known === undefined ? Math.min(FIRST_KEYS_COOLDOWN_MS, cooldownMs) : cooldownMs;
    if (wanted && reading === undefined && since(triedAtMs) >= pauseMs) {
      // Whatever was wrong with it, the keys of before go on.
      reading = read()
        .catch(() => {})
        .finally(() => (reading = undefined));
    }
    if (wanted) await reading;
    if (known === undefined || since(readAtMs) >= keysMaxBlindMs) throw new Refusal("SERVER_UNREACHABLE");
    if (!known.kids.has(kid)) throw new Refusal("TOKEN_INVALID");
    return known.keys;
  };
}

function kidOf(token: string): string {
  const { kid } = decodeProtectedHeader(token);
  if (typeof kid !== "string") throw new Refusal("TOKEN_INVALID");
  return kid;
}

function refusalOf(reason: unknown): Refusal {
  if (reason instanceof Refusal) return reason;
  return new Refusal(reason instanceof errors.JWTExpired ? "TOKEN_EXPIRED" : "TOKEN_INVALID");
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
