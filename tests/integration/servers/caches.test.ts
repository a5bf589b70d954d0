import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { openAdminContext } from "#server/compose/admin-context.ts";
import { sharedDatabases } from "#server/testing/databases.ts";
import { type TwoServers, startTwoServers } from "#tests/testing/two-servers.ts";

const soon = { timeout: 30_000, interval: 5 } as const;

describe.each(sharedDatabases)("what two servers on $name and Redis remember", () => {
  let servers: TwoServers;
  beforeAll(async () => {
    servers = await startTwoServers();
  });
  afterAll(() => servers[Symbol.asyncDispose]());

  /** The clock stands still, so what a server has looked up once it would believe for ever. */
  const statusAtB = async (token: string): Promise<number> =>
    (
      await fetch(`${servers.b.httpUrl}/oauth/sessions`, {
        headers: { authorization: `Bearer ${token}` },
      })
    ).status;

  const revokeAtA = (token: string): Promise<Response> =>
    fetch(`${servers.a.httpUrl}/oauth/revoke`, {
      method: "POST",
      body: new URLSearchParams({ client_id: CLI_CLIENT_ID, token }),
    });

  test("a session that ends at one is over at the other at once", async () => {
    const { accessToken, refreshToken } = await servers.signInAs("ann");
    expect(await statusAtB(accessToken)).toBe(200);
    await revokeAtA(refreshToken);
    await expect.poll(async () => (await statusAtB(accessToken)) === 401, soon).toBe(true);
  });

  test("a token that is revoked at one is refused by the other at once", async () => {
    const { accessToken } = await servers.signInAs("bob");
    expect(await statusAtB(accessToken)).toBe(200);
    await revokeAtA(accessToken);
    await expect.poll(async () => (await statusAtB(accessToken)) === 401, soon).toBe(true);
  });

  test("what an operator switches off is refused by both at once", async () => {
    await using admin = await openAdminContext(servers.a.config);
    await admin.clients.register(
      {
        clientId: "app",
        name: "An app",
        confidential: false,
        firstParty: true,
        applicationType: "native",
        grantTypes: ["password"],
        scope: "api:read",
        allowPasswordGrant: true,
      },
      admin.origin,
    );
    await servers.signInAs("dora");
    // Both have looked the client up.
    const [byApp, ...rest] = await Promise.all(
      [servers.a, servers.b].map((at) => servers.tokensOf("dora", at, "app")),
    );
    expect(rest).toHaveLength(1);
    const token = byApp?.accessToken ?? "";
    expect(await statusAtB(token)).toBe(200);
    await admin.clients.disable("app", admin.origin);
    await expect.poll(async () => (await statusAtB(token)) === 401, soon).toBe(true);
    for (const at of [servers.a, servers.b]) {
      await vi.waitFor(
        () => expect(servers.tokensOf("dora", at, "app")).rejects.toThrow("invalid_client"),
        soon,
      );
    }
  });

  test("and so it is after Redis was away", async () => {
    await servers.redis.stop();
    await expect
      .poll(() => servers.logged().filter((event) => event === "bus.redis_lost").length === 2, soon)
      .toBe(true);
    await servers.redis.start();
    await expect
      .poll(() => servers.logged().filter((event) => event === "bus.redis_connected").length === 4, soon)
      .toBe(true);
    const { accessToken, refreshToken } = await servers.signInAs("cleo");
    expect(await statusAtB(accessToken)).toBe(200);
    await revokeAtA(refreshToken);
    await expect.poll(async () => (await statusAtB(accessToken)) === 401, soon).toBe(true);
  });
});
