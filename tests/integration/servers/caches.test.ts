import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { sharedDatabases } from "#server/testing/databases.ts";
import { type TwoServers, startTwoServers } from "#tests/testing/two-servers.ts";

const soon = { timeout: 5_000, interval: 5 } as const;

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
    await vi.waitUntil(async () => (await statusAtB(accessToken)) === 401, soon);
  });

  test("a token that is revoked at one is refused by the other at once", async () => {
    const { accessToken } = await servers.signInAs("bob");
    expect(await statusAtB(accessToken)).toBe(200);
    await revokeAtA(accessToken);
    await vi.waitUntil(async () => (await statusAtB(accessToken)) === 401, soon);
  });

  test("and so it is after Redis was away", async () => {
    await servers.redis.stop();
    await vi.waitUntil(
      () => servers.logged().filter((event) => event === "bus.redis_lost").length === 2,
      soon,
    );
    await servers.redis.start();
    await vi.waitUntil(
      () => servers.logged().filter((event) => event === "bus.redis_connected").length === 4,
      soon,
    );
    const { accessToken, refreshToken } = await servers.signInAs("cleo");
    expect(await statusAtB(accessToken)).toBe(200);
    await revokeAtA(refreshToken);
    await vi.waitUntil(async () => (await statusAtB(accessToken)) === 401, soon);
  });
});
