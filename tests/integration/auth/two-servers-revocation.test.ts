import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedDatabases } from "#server/testing/databases.ts";
import { openWire, type Wire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import {
  SHARED_PASSWORD,
  startSharedServers,
  type SharedServers,
} from "#tests/testing/auth/shared-servers.ts";
import { limitMs } from "#tests/testing/test-size.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

/** What is asked after this must be refused. The promise is one second, in which the answer may still be on its way. */
const REVOKED_WITHIN_MS = limitMs(20_000, 2_000);
const NEW_PASSWORD = "Battery-staple-2";
const SOCKETS = 16;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

describe.each(sharedDatabases)("what one server process ends, on $name and Redis", () => {
  let servers: SharedServers;
  let wire: Wire;
  beforeAll(async () => {
    servers = await startSharedServers();
    wire = openWire(SOCKETS);
    await servers.addClient("app");
    await servers.addClient("doomed");
  });
  afterAll(async () => {
    wire[Symbol.dispose]();
    await servers[Symbol.asyncDispose]();
  });

  const at = (server: 0 | 1, path: string): string => servers.urls()[server] + path;
  const bearer = ({ accessToken }: Tokens) => ({ authorization: `Bearer ${accessToken}` });

  /** At the first process. */
  const signIn = async (user: string, clientId = "app"): Promise<Tokens> => {
    const { status, text, body } = await wire.post(at(0, "/oauth/token"), {
      grant_type: "password",
      client_id: clientId,
      username: user,
      password: SHARED_PASSWORD,
    });
    if (status !== 200) throw new Error(`no tokens: ${status} ${text}`);
    return { accessToken: String(body["access_token"]), refreshToken: String(body["refresh_token"]) };
  };
  const refresh = ({ refreshToken }: Tokens, clientId = "app"): Promise<WireAnswer> =>
    wire.post(at(1, "/oauth/token"), {
      grant_type: "refresh_token",
      client_id: clientId,
      refresh_token: refreshToken,
    });
  const sessions = (tokens: Tokens): Promise<WireAnswer> =>
    wire.send({ method: "GET", url: at(1, "/oauth/sessions"), headers: bearer(tokens) });
  const asJson = (method: string, path: string, tokens: Tokens, body: object = {}): Promise<WireAnswer> =>
    wire.send({
      method,
      url: at(0, path),
      headers: { ...bearer(tokens), "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  /** What ends the sessions, at the first process; resolves to its status. */
  const endings: readonly (readonly [string, string, (tokens: Tokens, user: string) => Promise<number>])[] = [
    [
      "a change of password",
      "app",
      async (_tokens, user) => {
        const other = await signIn(user);
        const passwords = { old_password: SHARED_PASSWORD, new_password: NEW_PASSWORD };
        return (await asJson("PUT", "/auth/password", other, passwords)).status;
      },
    ],
    [
      "switching the account off",
      "app",
      async (tokens) =>
        (await asJson("POST", "/auth/deactivate", tokens, { password: SHARED_PASSWORD })).status,
    ],
    ["logging out", "app", async (tokens) => (await asJson("POST", "/auth/logout", tokens)).status],
    [
      "ending the session from the list",
      "app",
      async (tokens) => {
        const { sid } = decodeJwt(tokens.accessToken);
        return (await asJson("DELETE", `/oauth/sessions/${String(sid)}`, tokens)).status;
      },
    ],
    [
      "revoking the refresh token",
      "app",
      async ({ refreshToken }) =>
        (await wire.post(at(0, "/oauth/revoke"), { client_id: "app", token: refreshToken })).status,
    ],
    [
      "switching the client off",
      "doomed",
      async () => {
        await servers.clients.disable("doomed", systemOrigin);
        return 200;
      },
    ],
  ];

  test.each(endings)(
    "[G10] %s ends access tokens at the other process within a second, and refreshing at once",
    async (name, clientId, end) => {
      const user = name.replaceAll(" ", "-");
      await servers.addAccount(user);
      const tokens = await signIn(user, clientId);
      const spare = await signIn(user, clientId);
      // So that the other process believes what it has just looked up.
      expect((await sessions(tokens)).status).toBe(200);

      expect([200, 204]).toContain(await end(tokens, user));
      const endedMs = performance.now();
      const refreshed = await refresh(tokens, clientId);
      expect(refreshed.status).toBeGreaterThanOrEqual(400);
      expect(["invalid_grant", "invalid_client"]).toContain(refreshed.body["error"]);

      let begunMs = performance.now();
      let asked = await sessions(tokens);
      while (asked.status === 200) {
        expect(begunMs - endedMs).toBeLessThan(REVOKED_WITHIN_MS);
        begunMs = performance.now();
        asked = await sessions(tokens);
      }
      expect(asked.status).toBe(401);
      expect(asked.headers["www-authenticate"]).toMatch(/^Bearer/);

      const endsAll = ![
        "logging out",
        "ending the session from the list",
        "revoking the refresh token",
      ].includes(name);
      expect((await sessions(spare)).status).toBe(endsAll ? 401 : 200);
      expect((await refresh(spare, clientId)).status === 200).toBe(!endsAll);
    },
  );
});
