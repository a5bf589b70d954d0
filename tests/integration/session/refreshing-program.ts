// One of several programs of a person that renew the tokens of one credentials file as often as they can.
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { createRedirectListener } from "#engine/node/http/loopback-redirect.ts";
import { createCredentialsFileTokenStore } from "#engine/node/keychain/credentials-file-token-store.ts";
import { Session } from "#engine/session/session.ts";
import { systemClock } from "#engine/system-clock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";

const [home = "", serverUrl = "", rounds = ""] = process.argv.slice(2);
const logger = createFakeLogger();
const never = new AbortController().signal;

await using session = new Session({
  tokenStore: createCredentialsFileTokenStore({ home, serverUrl, ownServer: false, logger }),
  http: createHttpClient(serverUrl),
  localSecret: async () => undefined,
  listenForRedirect: createRedirectListener("en"),
  clock: systemClock,
  logger,
  clientId: CLI_CLIENT_ID,
  serverUrl,
});

/** Renews whatever token is at hand, as after a 401. A machine that is too busy for the lock signs no one out. */
async function renew(): Promise<void> {
  for (;;) {
    try {
      return await session.renewAfter(await session.attach(new Headers(), never), never);
    } catch (reason) {
      if (!PipitError.from(reason).retryable) throw reason;
    }
  }
}

for (let round = 0; round < Number(rounds); round += 1) await renew();
process.stdout.write(JSON.stringify(session.store.getState()));
