import { expect } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { createRedirectListener } from "#engine/node/http/loopback-redirect.ts";
import type { Clock, HttpClient, TokenStore } from "#engine/ports.ts";
import { Session } from "#engine/session/session.ts";
import { systemClock } from "#engine/system-clock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createFakeTokenStore } from "#engine/testing/fake-token-store.ts";

export const PASSWORD = "Correct-horse-1";
export const never = new AbortController().signal;

interface Parts {
  readonly http?: HttpClient;
  readonly clock?: Clock;
  /** Default: one in memory, `store`. */
  readonly tokenStore?: TokenStore;
}

/** A session of the terminal client at a real server. */
export function openSession(httpUrl: string, parts: Parts = {}) {
  const { http = createHttpClient(httpUrl), clock = systemClock } = parts;
  const store = createFakeTokenStore();
  const logger = createFakeLogger();
  const session = new Session({
    tokenStore: parts.tokenStore ?? store,
    http,
    localSecret: async () => undefined,
    listenForRedirect: createRedirectListener("en"),
    clock,
    logger,
    clientId: CLI_CLIENT_ID,
    serverUrl: httpUrl,
  });
  return {
    session,
    store,
    logger,
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    /** Asks the server as the person who is signed in. */
    async ask(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
      const headers = new Headers(body === undefined ? {} : { "content-type": "application/json" });
      await session.attach(headers, never);
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(httpUrl + path, { method, headers, ...sent });
      return { status: answer.status, body: await answer.json() };
    },
  };
}

/** What a promise fails with. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => expect.fail(`It did not fail: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
}
