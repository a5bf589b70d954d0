import { PipitError } from "#contract/pipit-error.ts";
import { waitFor } from "#engine/abort.ts";
import type { Attachment, Credentials, HttpClient, HttpResponse } from "#engine/ports.ts";
import { errorInBody, errorOfStranger } from "./http-error.ts";

/**
 * One request with its sign-in: `headers` to send besides its own, and their account. Throws what the server answers.
 */
export type Attempt<T> = (headers: Headers, attachment: Attachment) => Promise<T>;

/**
 * Makes a request that needs a sign-in, on any wire. One that the server refuses is answered by one renewal and one
 * repeat; refused again, or because its account was closed, it ends the session.
 *
 * @throws PipitError SIGNED_OUT when there is no sign-in (any more); what `credentials` throw; else what `attempt` throws.
 */
export async function signedIn<T>(
  credentials: Credentials,
  signal: AbortSignal,
  attempt: Attempt<T>,
): Promise<T> {
  const first = await attach(credentials, signal);
  try {
    return await attempt(first.headers, first.attachment);
  } catch (error) {
    if (!isRefusedSignIn(error)) throw error;
    if (error.code === "ACCOUNT_CLOSED") throw await ended(credentials, first.attachment, error, signal);
  }
  await waitFor(credentials.renewAfter(first.attachment, signal), signal);
  const second = await attach(credentials, signal);
  try {
    return await attempt(second.headers, second.attachment);
  } catch (error) {
    if (!isRefusedSignIn(error)) throw error;
    throw await ended(credentials, second.attachment, error, signal);
  }
}

/** The error of a session that is ended by this. */
async function ended(
  credentials: Credentials,
  attachment: Attachment,
  cause: PipitError,
  signal: AbortSignal,
): Promise<PipitError> {
  const isClosed = cause.code === "ACCOUNT_CLOSED";
  await credentials.refuse(attachment, isClosed ? "closed" : "refused", signal);
  const message = isClosed
    ? "This account was closed: it was switched off, or no longer exists on the server. Sign in with another one."
    : "The server no longer accepts this sign-in. Sign in again; unsent messages are kept.";
  return new PipitError("SIGNED_OUT", message, { cause });
}

const refusals: ReadonlySet<string> = new Set([
  "TOKEN_MISSING",
  "TOKEN_EXPIRED",
  "TOKEN_INVALID",
  "ACCOUNT_CLOSED",
]);

/** The server does not take the sign-in, as opposed to what the signed-in may not do. */
export function isRefusedSignIn(error: unknown): error is PipitError {
  if (!(error instanceof PipitError)) return false;
  return refusals.has(error.code);
}

/** What ends a stream after its beginning: of a sign-in that ran out meanwhile, the next call finds out whether it can be renewed. */
export function brokenOff(error: PipitError): PipitError {
  if (!isRefusedSignIn(error)) return error;
  const message = "The sign-in ran out before the answer was complete. Try again.";
  return new PipitError("SERVER_UNREACHABLE", message, { cause: error });
}

/** A client whose requests carry the sign-in. Throws as {@link signedIn}. */
export function createSignedInHttp(http: HttpClient, credentials: Credentials): HttpClient {
  return {
    request: (request, signal) =>
      signedIn(credentials, signal, async (signIn) => {
        const headers = { ...request.headers, ...Object.fromEntries(signIn) };
        const response = await http.request({ ...request, headers }, signal);
        const isRefused = response.status === 401 && errorOfStranger(response) === undefined;
        const refusal = isRefused ? refusalIn(response) : undefined;
        if (isRefusedSignIn(refusal)) throw refusal;
        return response;
      }),
  };
}

function refusalIn(response: HttpResponse): PipitError {
  return errorInBody(response) ?? new PipitError("TOKEN_INVALID", "The server does not accept this sign-in.");
}

/** Credentials that are slow to notice the signal must not hold up a cancelled request. */
async function attach(credentials: Credentials, signal: AbortSignal) {
  const headers = new Headers();
  return { headers, attachment: await waitFor(credentials.attach(headers, signal), signal) };
}
