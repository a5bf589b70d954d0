import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { browserDoor, ownersLook, ownProgram } from "#server/domain/access/access.ts";
import { findSignInCode, issueSignInCode, type CodeProof } from "#server/domain/accounts/sign-in-codes.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { HttpError } from "../kit/http-error.ts";
import { NOT_A_FORM } from "../kit/parameters.ts";
import { route, type Route } from "../kit/route.ts";
import { pageCredentialsOf, readSessionCookie } from "../kit/cookies.ts";
import { keepSession, personSession } from "./browser-session.ts";

/** How a sign-in of a program of ours is carried into a browser. */
export function programSignInRoutes(ctx: HttpContext): readonly Route[] {
  return [
    /**
     * Form `code` with `digits`, or with `confirmed`, the account that a browser which is signed in was shown: signs this
     * browser in. One that is signed in as another account needs the latter.
     */
    route("POST", "/auth/sign-in", browserDoor, async (request, reply) => {
      const form = readForm(request);
      const code = readOnce(form, "code");
      const proof = await readProof(ctx, request, form);
      const signedIn = await tryCode(ctx, request, async () => {
        if (proof.kind === "digits") await refuseOtherAccount(ctx, request, code);
        return ctx.signIn.byOneTimeCode(
          { code, proof },
          ({ scope, sessionId }) =>
            ctx.webSessions.starts({
              ...personSession(request, "sign-in-code"),
              proof: "code",
              scope,
              sessionId,
            }),
          originOf(request),
        );
      });
      return keepSession(ctx, { request, reply }, signedIn);
    }),
    /** Form `code`, in a browser that is signed in: who it would sign in. The code stays good. */
    route("POST", "/auth/sign-in/account", ownersLook, async (request) => {
      const code = readOnce(readForm(request), "code");
      const { auth } = ctx.store;
      const account = await tryCode(ctx, request, async () => {
        const userId = await findSignInCode(auth, code);
        return userId === undefined ? undefined : auth.accounts.findById(userId);
      });
      return { account_id: account.id, account_name: account.displayName, local: account.local };
    }),
    /** With a bearer token: signs this browser in for as long as the token and its session live, 7 days at most. */
    route("POST", "/auth/session", { ...ownProgram, ownPageOnly: true }, async (request, caller, reply) => {
      const { userId, clientId, scope, expiresAtMs, sessionId, tokenId } = caller;
      const replaces = readSessionCookie(request.headers);
      const starts = ctx.webSessions.starts({
        clientId,
        scope,
        grant: "token",
        proof: "token",
        notAfterMs: expiresAtMs,
        sessionId,
        tokenId,
        replaces,
      });
      const signedIn = await ctx.signIn.byEarlierProof({ userId, amr: [] }, starts, originOf(request));
      return keepSession(ctx, { request, reply }, signedIn);
    }),
    /**
     * With a bearer token: a code for the browser. Never by cookie: a script in the page could then take a sign-in away
     * that outlives the page's own, which the HttpOnly cookie is there to prevent.
     */
    route("POST", "/auth/sign-in-codes", ownProgram, async (_request, { userId, scope, sessionId }) => {
      const { code, digits, expiresAtMs } = await issueSignInCode(ctx.store.auth, {
        userId,
        scope,
        sessionId,
      });
      return { code, digits, expires_at: expiresAtMs, url: signInAddress(ctx.pageUrl(), code) };
    }),
  ];
}

/**
 * The address that signs a browser in. The code is in the fragment, which a browser sends to no server: it is in no log
 * of a proxy, in no `Referer`, and the page takes it off before anything else.
 */
export function signInAddress(pageUrl: string, code: string): string {
  return `${pageUrl}/#sign-in=${code}`;
}

/** What a code is looked up for. Wrong ones count; when no code could be looked up, none was tried. */
async function tryCode<T extends object>(
  ctx: HttpContext,
  request: FastifyRequest,
  work: () => Promise<T | "wrong-digits" | undefined>,
): Promise<T> {
  const attempt = await ctx.limits.take([limitBucket("sign-in-code", peerKeyOf(request.clientAddress))]);
  const outcome = await work().catch(async (reason: unknown) => {
    await attempt.settle("void");
    throw reason;
  });
  const refused = outcome === undefined || outcome === "wrong-digits";
  await attempt.settle(refused ? "failed" : "succeeded");
  if (!refused) return outcome;
  ctx.logger.warn("auth.sign_in_refused");
  if (outcome === "wrong-digits") {
    throw new PipitError("OTP_INVALID", "These are not the four digits that stand under the address.", {
      field: "digits",
    });
  }
  throw new PipitError(
    "TOKEN_INVALID",
    "This sign-in address was used before or is too old. Make a new one: npx pipit web",
    { field: "code" },
  );
}

/**
 * Why this browser may take the code. A link alone is no reason: any page can lead a browser to one. Throws
 * INVALID_REQUEST without a proof, and TOKEN_MISSING or TOKEN_EXPIRED for a confirmation in a browser that is not signed in.
 */
async function readProof(
  { authenticate, site }: HttpContext,
  request: FastifyRequest,
  form: URLSearchParams,
): Promise<CodeProof> {
  if (!form.has("confirmed")) return { kind: "digits", digits: readOnce(form, "digits") };
  const userId = readOnce(form, "confirmed");
  const page = pageCredentialsOf(site, request);
  await authenticate({ authorization: undefined, page }, { local: false, page: true });
  return { kind: "confirmed", userId };
}

/** Throws INVALID_REQUEST (`confirmed`) where the digits would end another account's session: the code stays good. */
async function refuseOtherAccount(
  { webSessions, store }: HttpContext,
  request: FastifyRequest,
  code: string,
): Promise<void> {
  const token = readSessionCookie(request.headers);
  if (token === undefined) return;
  const signedIn = await webSessions.verify(token).catch((reason: unknown) => {
    if (PipitError.from(reason).httpStatus === 401) return undefined;
    throw reason;
  });
  const userId = signedIn === undefined ? undefined : await findSignInCode(store.auth, code);
  if (userId === undefined || userId === signedIn?.userId) return;
  throw new PipitError(
    "INVALID_REQUEST",
    "confirmed: this browser is signed in as another account. Ask POST /auth/sign-in/account whose code it is, and send " +
      "that account_id.",
    { field: "confirmed" },
  );
}

/** The body, never the address, which ends up in histories and logs. */
function readForm({ body }: FastifyRequest): URLSearchParams {
  if (body instanceof URLSearchParams) return body;
  throw new HttpError(415, NOT_A_FORM);
}

function readOnce(form: URLSearchParams, field: string): string {
  const [value, second] = form.getAll(field);
  if (value !== undefined && value !== "" && second === undefined) return value;
  throw new PipitError("INVALID_REQUEST", `${field}: must be given once, in the body.`, { field });
}
