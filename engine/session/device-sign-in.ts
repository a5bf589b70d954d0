import { PipitError } from "#contract/pipit-error.ts";
import type { DevicePrompt } from "#contract/sign-in.ts";
import { parseJson } from "#contract/parse-json.ts";
import type { StoredTokens } from "#engine/ports.ts";
import { openExchange, type OauthExchange } from "./oauth-exchange.ts";
import type { SessionDeps } from "./session-api.ts";
import { errorOf, type TokenEndpoint } from "./token-endpoint.ts";

/** RFC 8628 §3.2 and §3.5: between two polls, and what every "slow_down" adds, in seconds. */
const DEFAULT_INTERVAL_S = 5;
const SLOWER_BY_S = 5;

interface DeviceSignInDeps extends Pick<SessionDeps, "http" | "clock" | "clientId" | "serverUrl"> {
  readonly endpoint: Pick<TokenEndpoint, "read">;
}

/**
 * The device grant (RFC 8628): shows a code, which the person types in on another device, and asks until they have.
 *
 * @throws PipitError NOT_ALLOWED (declined there), DEADLINE_EXCEEDED (the code is too old), ACCOUNT_LOCKED, SERVER_TOO_OLD,
 *   SERVER_UNREACHABLE (before the code was shown; later the asking goes on), CANCELLED
 */
export async function signInByDevice(
  deps: DeviceSignInDeps,
  show: (prompt: DevicePrompt) => void,
  signal: AbortSignal,
): Promise<StoredTokens> {
  const exchange = await openExchange(deps, signal);
  const begun = await begin(exchange);
  const { user_code: userCode, verification_uri: uri, verification_uri_complete: complete } = begun;
  const expiresAtMs = deps.clock.nowMs() + begun.expires_in * 1000;
  show({
    userCode,
    verificationUri: exchange.checkPage(uri),
    ...(complete !== undefined && { verificationUriComplete: exchange.checkPage(complete) }),
    expiresAtMs,
  });
  let intervalS = begun.interval ?? DEFAULT_INTERVAL_S;
  while (deps.clock.nowMs() < expiresAtMs) {
    await deps.clock.sleep(intervalS * 1000, signal);
    const answer = await poll(deps, exchange, begun.device_code);
    if (typeof answer === "object") return answer;
    if (answer === "slower") intervalS += SLOWER_BY_S;
  }
  throw tooOld();
}

async function begin(exchange: OauthExchange) {
  const { oauth, server, client } = exchange;
  const response = await exchange.send((options) =>
    oauth.deviceAuthorizationRequest(server, client, oauth.None(), {}, options),
  );
  if (response.status !== 200) throw errorOf(response);
  return oauth.processDeviceAuthorizationResponse(server, client, Response.json(parseJson(response.body)));
}

async function poll(
  { endpoint }: DeviceSignInDeps,
  { oauth, server, client, send }: OauthExchange,
  deviceCode: string,
): Promise<StoredTokens | "later" | "slower"> {
  try {
    const response = await send((options) =>
      oauth.deviceCodeGrantRequest(server, client, oauth.None(), deviceCode, options),
    );
    const answer = endpoint.read(response);
    if (answer.kind === "granted") return answer.tokens;
    return pollAgain(answer.oauthError, answer.error);
  } catch (reason) {
    // RFC 8628 §3.5: a server that cannot answer just now is asked less often.
    const error = PipitError.from(reason);
    if (error.retryable && error.code !== "ACCOUNT_LOCKED") return "slower";
    throw error;
  }
}

function pollAgain(oauthError: string, error: PipitError): "later" | "slower" {
  switch (oauthError) {
    case "authorization_pending":
      return "later";
    case "slow_down":
      return "slower";
    case "expired_token":
      throw tooOld();
    case "access_denied":
      throw new PipitError("NOT_ALLOWED", "The sign-in was declined on the other device.");
    default:
      throw error;
  }
}

function tooOld(): PipitError {
  const message = "The code was not used in time. Begin again for a new one.";
  return new PipitError("DEADLINE_EXCEEDED", message);
}
