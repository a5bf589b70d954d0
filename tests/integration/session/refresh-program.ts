/**
 * A program of a person, as a process of its own: renews its sign-in each time that it is told to, and says how that went.
 * `dies`: it kills itself between the new tokens' arrival and their storing. Told the ids of accounts, it goes from one to
 * the next without end, and says each time that it has.
 */
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { createCredentialsFileTokenStore } from "#engine/node/keychain/credentials-file-token-store.ts";
import { Session } from "#engine/session/session.ts";
import { systemClock } from "#engine/system-clock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";

const [home = "", serverUrl = "", dies] = process.argv.slice(2);
const signal = new AbortController().signal;
const logger = createFakeLogger();
const store = createCredentialsFileTokenStore({ home, serverUrl, ownServer: false, logger });
const session = new Session({
  tokenStore: {
    ...store,
    async save(tokens) {
      if (dies === "dies") process.kill(process.pid, "SIGKILL");
      await store.save(tokens);
    },
  },
  http: createHttpClient(serverUrl),
  localSecret: async () => undefined,
  listenForRedirect: () => Promise.reject(new Error("no browser here")),
  clock: systemClock,
  logger,
  clientId: CLI_CLIENT_ID,
  serverUrl,
});
process.on("message", (asked) => void (asked === "renew" ? renew() : switchOn(asked as readonly string[])));
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function switchOn(accountIds: readonly string[]): Promise<never> {
  for (let count = 0; ; count += 1) {
    await store.withLock(() => store.activate(accountIds[count % accountIds.length] ?? ""), signal);
    process.send?.("switched");
  }
}

async function renew(): Promise<void> {
  try {
    const headers = new Headers();
    const used = await session.attach(headers, signal);
    await session.renewAfter(used, signal);
    process.send?.((await session.attach(headers, signal)).token ?? "");
  } catch (reason) {
    process.send?.(`failed: ${String(reason)} ${JSON.stringify(session.store.getState())}`);
  }
}
