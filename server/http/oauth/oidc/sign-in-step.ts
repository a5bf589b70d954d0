import type { FastifyReply } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import type { SignInAttempt } from "#server/domain/sign-in/sign-in.ts";
import { keepSession, personSession } from "../../auth/browser-session.ts";
import { problemText } from "../pages/error-page.ts";
import { signInPage, type SignInPageView } from "../pages/sign-in-page.ts";
import { readCookieSignIn } from "./cookie-sign-in.ts";
import { acrOf } from "./credentials-version.ts";
import { readDeviceCookie, setDeviceCookie } from "../../kit/cookies.ts";
import { originOf } from "../../kit/origin.ts";
import { finish, refuse, type Step } from "./interaction.ts";
import { sendPage } from "./page-answers.ts";

/** Time for the code of the second factor; the password is asked again after it. */
const PROOF_TTL_MS = 5 * 60 * 1000;
/** Refusals that the person can do something about: the form is shown again. */
const RETRIED: ReadonlySet<string> = new Set([
  "CREDENTIALS_INVALID",
  "OTP_INVALID",
  "ACCOUNT_LOCKED",
  "RATE_LIMITED",
  "SERVER_BUSY",
  "LIMITS_UNREACHABLE",
  "CLOCK_WRONG",
  "INVALID_REQUEST",
]);

interface Proof {
  readonly login: string;
  readonly password: string;
  readonly untilMs: number;
}

/** `GET`: the form, with the login that the application suggests. */
export async function showSignIn(step: Step): Promise<FastifyReply> {
  const { ctx, reply } = step;
  const hint = step.interaction.params["login_hint"];
  const signedIn = await readCookieSignIn(ctx.webSessions, step.request.headers);
  const account =
    signedIn === undefined ? undefined : await ctx.store.auth.accounts.findById(signedIn.userId);
  const login = typeof hint === "string" ? hint.slice(0, 256) : (account?.login ?? "");
  return sendPage(reply, signInPage({ ...viewOf(step), login }));
}

/** `POST`: by login and password, or by their proof and a code. */
export async function takeSignIn(step: Step, form: URLSearchParams): Promise<FastifyReply> {
  if (form.has("cancel")) return refuse(step, undefined);
  const given = openProof(step, form.get("proof")) ?? {
    login: form.get("login") ?? "",
    password: form.get("password") ?? "",
  };
  if (given.login === "" || given.password === "") {
    const error = new PipitError("INVALID_REQUEST", "Login and password are needed.");
    return showAgain(step, { login: given.login }, error);
  }
  try {
    const attempt: SignInAttempt = {
      login: given.login,
      password: given.password,
      otp: form.get("otp") || undefined,
      deviceToken: readDeviceCookie(step.request),
      via: "page",
      clientId: step.client.id,
    };
    return await enter(step, attempt);
  } catch (reason) {
    return showRefusal(step, given, reason);
  }
}

/** The form once more, for what the person can do something about. Throws on what else it is. */
function showRefusal(step: Step, given: Omit<Proof, "untilMs">, reason: unknown): FastifyReply {
  const error = PipitError.from(reason);
  const { login } = given;
  if (error.code === "OTP_REQUIRED") {
    const view = { ...viewOf(step), login, proof: sealProof(step, given) };
    return sendPage(step.reply, signInPage(view));
  }
  if (!RETRIED.has(error.code)) throw reason;
  const view = error.code === "OTP_INVALID" ? { login, proof: sealProof(step, given) } : { login };
  return showAgain(step, view, error);
}

/** Signs the browser in, here and on our own page, and goes on. */
async function enter(step: Step, attempt: SignInAttempt): Promise<FastifyReply> {
  const { ctx, request, reply, interaction } = step;
  const starts = ctx.webSessions.starts(personSession(request, "password"));
  const signedIn = await ctx.signIn.byPassword(attempt, starts, originOf(request));
  const { account, amr, authTimeMs } = signedIn;
  keepSession(ctx, { request, reply }, signedIn);
  setDeviceCookie(ctx.site, { request, reply }, signedIn.deviceToken);
  // Another person was signed in when the flow began: it goes on as a new one.
  if (interaction.session?.accountId !== account.id) interaction.session = undefined;
  return finish(step, {
    login: {
      accountId: account.id,
      ts: Math.floor(authTimeMs / 1000),
      amr: [...amr],
      acr: acrOf(account.credentialsVersion),
    },
  });
}

function showAgain(
  step: Step,
  view: Pick<SignInPageView, "login" | "proof">,
  { code, httpStatus: status, retryAfterMs }: PipitError,
): FastifyReply {
  const problem = problemText(step.language, code, retryAfterMs);
  return sendPage(step.reply, signInPage({ ...viewOf(step), ...view, problem, status, retryAfterMs }));
}

function viewOf({ language, action, client, formTarget }: Step) {
  return { language, action, clientName: client.name, formTarget };
}

/**
 * The page needs no script, so the password must come back with the code. It does so sealed, for this flow and for some
 * minutes; every attempt with it counts like one with the password itself.
 */
function sealProof({ ctx, interaction }: Step, proof: Omit<Proof, "untilMs">): string {
  const whole: Proof = { ...proof, untilMs: ctx.clock.nowMs() + PROOF_TTL_MS };
  return ctx.proofSealer.seal(JSON.stringify(whole), interaction.uid);
}

function openProof({ ctx, interaction }: Step, sealed: string | null): Proof | undefined {
  if (sealed === null) return undefined;
  try {
    const proof = JSON.parse(ctx.proofSealer.open(sealed, interaction.uid).toString("utf8")) as Proof;
    return proof.untilMs > ctx.clock.nowMs() ? proof : undefined;
  } catch {
    // The seal is of another flow or was changed on the way: the password is asked again.
    return undefined;
  }
}
