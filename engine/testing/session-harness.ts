import type { AuthState } from "#contract/auth-state.ts";
import type { HttpResponse, StoredTokens } from "#engine/ports.ts";
import { Session } from "#engine/session/session.ts";
import type { TokenUpdated } from "#engine/session/session-api.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeHttp, json, type FakeHttp } from "./fake-http.ts";
import { createFakeLogger, type FakeLogger } from "./fake-logger.ts";
import { createFakeTokenStore, type FakeTokenStore } from "./fake-token-store.ts";

const SERVER_URL = "http://127.0.0.1:8787";

/** When the clock of every {@link createSessionHarness} starts, in milliseconds since 1970. */
export const START_MS = createFakeClock().nowMs();

/** A session among fakes, of a server at 127.0.0.1. */
export interface SessionHarness {
  readonly session: Session;
  readonly clock: FakeClock;
  readonly http: FakeHttp;
  readonly store: FakeTokenStore;
  readonly logger: FakeLogger;
  /** What the file of the one-time secret holds at the next readings. */
  readonly secrets: (string | undefined)[];
  readonly updates: readonly TokenUpdated[];
  state(): AuthState;
  /** The token that a request would carry now. */
  accessToken(signal: AbortSignal): Promise<string>;
  /** The token that a request would carry after the server refused another one. */
  renew(refused: string, signal: AbortSignal): Promise<string>;
}

/** @param shared stands for what several processes of one person have in common */
export function createSessionHarness(
  stored?: StoredTokens,
  shared: { readonly store?: FakeTokenStore; readonly http?: FakeHttp } = {},
): SessionHarness {
  const clock = createFakeClock();
  const http = shared.http ?? createFakeHttp();
  const store = shared.store ?? createFakeTokenStore(stored);
  const logger = createFakeLogger();
  const secrets: (string | undefined)[] = [];
  const session = new Session({
    tokenStore: store,
    http,
    localSecret: async () => secrets.shift(),
    listenForRedirect: () => Promise.reject(new Error("no browser here")),
    clock,
    logger,
    clientId: "pipit-cli",
    serverUrl: SERVER_URL,
  });
  const updates: TokenUpdated[] = [];
  session.onTokenUpdated((event) => updates.push(event));
  async function accessToken(signal: AbortSignal): Promise<string> {
    const headers = new Headers();
    const { token } = await session.attach(headers, signal);
    return headers.get("authorization") === `Bearer ${token}` ? (token ?? "") : "";
  }
  return {
    session,
    clock,
    http,
    store,
    logger,
    secrets,
    updates,
    state: () => session.store.getState(),
    accessToken,
    async renew(refused, signal) {
      await session.renewAfter({ accountId: "ann", token: refused }, signal);
      return await accessToken(signal);
    },
  };
}

/** Ann's tokens, good for 15 minutes and 30 days from {@link START_MS}. */
export function tokens(over: Partial<StoredTokens> = {}): StoredTokens {
  return {
    accessToken: "access-1",
    refreshToken: "refresh-1",
    accessExpiresAtMs: START_MS + 900_000,
    refreshExpiresAtMs: START_MS + 30 * 24 * 3_600_000,
    accountId: "ann",
    accountName: "Ann",
    local: true,
    serverUrl: SERVER_URL,
    ...over,
  };
}

/** The token endpoint's answer with the n-th pair of tokens. */
export function grant(n: number): HttpResponse {
  return json(200, {
    access_token: `access-${n}`,
    refresh_token: `refresh-${n}`,
    token_type: "Bearer",
    expires_in: 900,
    scope: "chat",
    refresh_expires_in: 2_592_000,
    account: { id: "ann", name: "Ann", local: true },
  });
}
