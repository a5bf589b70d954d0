import { PipitError } from "#contract/pipit-error.ts";
import { withTimeout } from "#engine/abort.ts";
import type { StoredTokens } from "#engine/ports.ts";
import { openExchange, type OauthExchange } from "./oauth-exchange.ts";
import type { SessionDeps } from "./session-api.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";

/** How long a person may take at the server's pages, in milliseconds. */
const BROWSER_TIMEOUT_MS = 10 * 60_000;

/** Shows an address in the system's browser. */
export type OpenBrowser = (address: string) => Promise<void>;

interface BrowserSignInDeps extends Pick<
  SessionDeps,
  "http" | "clock" | "clientId" | "serverUrl" | "listenForRedirect" | "logger"
> {
  readonly endpoint: Pick<TokenEndpoint, "read">;
}

/**
 * The code grant with PKCE (RFC 7636) in the system's browser, which comes back to a port of this machine (RFC 8252 §7.3).
 * What came back is looked at before its page is shown; a code of another sign-in is not taken, and the waiting goes on.
 *
 * @throws PipitError NOT_ALLOWED (declined, or not the server that it says it is), SERVER_TOO_OLD, SERVER_UNREACHABLE,
 *   DEADLINE_EXCEEDED, CANCELLED; what `open` throws
 */
export async function signInByBrowser(
  deps: BrowserSignInDeps,
  open: OpenBrowser,
  signal: AbortSignal,
): Promise<StoredTokens> {
  const exchange = await openExchange(deps, signal);
  const { oauth, server, client, metadata } = exchange;
  if (metadata.authorization_endpoint === undefined) throw noPages();
  exchange.checkIssuer();
  const address = new URL(exchange.checkPage(metadata.authorization_endpoint));
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const came = Promise.withResolvers<URLSearchParams>();
  // It may fail before the waiting for it begins.
  came.promise.catch(() => {});
  await using listener = await deps.listenForRedirect((back) => {
    if (back.searchParams.get("state") !== state) {
      deps.logger.warn("auth.redirect_of_another_sign_in");
      return "unknown";
    }
    try {
      came.resolve(oauth.validateAuthResponse(server, client, back, state));
      return "done";
    } catch (reason) {
      came.reject(refusalOf(exchange, reason));
      return "refused";
    }
  });
  address.search = new URLSearchParams({
    client_id: deps.clientId,
    response_type: "code",
    redirect_uri: listener.redirectUri,
    scope: "api:read api:write",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  }).toString();
  const parameters = await withTimeout(
    deps.clock,
    BROWSER_TIMEOUT_MS,
    signal,
    async () => {
      await open(address.href);
      return await came.promise;
    },
    tookTooLong,
  );
  const response = await exchange.send((options) =>
    oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      parameters,
      listener.redirectUri,
      verifier,
      options,
    ),
  );
  const answer = deps.endpoint.read(response);
  if (answer.kind === "refused") throw answer.error;
  return answer.tokens;
}

/** Never what the browser brought, which holds the code. */
function refusalOf({ oauth }: OauthExchange, reason: unknown): PipitError {
  if (reason instanceof oauth.AuthorizationResponseError) {
    const message = "The sign-in was declined in the browser. Begin again whenever you like.";
    return new PipitError("NOT_ALLOWED", message, { detail: reason.error });
  }
  const message =
    "The browser came back from another server than the one you sign in to. Nothing was sent there.";
  return new PipitError("NOT_ALLOWED", message, {
    detail: reason instanceof Error ? reason.message : "",
  });
}

function noPages(): PipitError {
  return new PipitError("NOT_ALLOWED", "This server has no sign-in by browser. Sign in another way.");
}

function tookTooLong(): PipitError {
  const message = "The sign-in in the browser was not completed within ten minutes. Begin again.";
  return new PipitError("DEADLINE_EXCEEDED", message);
}
