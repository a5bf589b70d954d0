import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { describe, expect, test } from "vitest";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { databases, sqlite, type DatabaseStore } from "#server/testing/databases.ts";
import { builtInClients, compatClients } from "./built-in-clients.ts";
import { createClients, type ClientRegistration } from "./clients.ts";
import type { RefreshFamily } from "./ports.ts";
import { createTokenGuard } from "./token-guard.ts";

const origin: AuditOrigin = { ip: "192.0.2.1", userAgent: "pipit", correlationId: "c-1" };
const service: ClientRegistration = {
  clientId: "worker",
  name: "Worker",
  confidential: true,
  applicationType: "web",
  grantTypes: ["client_credentials"],
  scope: "api:read",
};
const app: ClientRegistration = {
  clientId: "app",
  name: "App",
  confidential: false,
  applicationType: "native",
  redirectUris: ["http://127.0.0.1/callback"],
  grantTypes: ["authorization_code", "refresh_token"],
  scope: "openid api:read",
};

function setUp(temporary: DatabaseStore) {
  const { store, clock } = temporary;
  const guard = createTokenGuard({ bus: createMemoryBus(), states: store.auth.tokenStates, clock });
  const clients = createClients({ bus: createMemoryBus(), auth: store.auth, clock, guard });
  const events = async () => {
    const rows = await temporary.query(
      "select event, client_id, ip, data from audit_events order by at_ms, chain, seq",
    );
    return rows.map(({ event, client_id: clientId }) => `${event} ${clientId}`);
  };
  return { store, clock, guard, clients, events };
}

function familyOf(clientId: string, nowMs: number): RefreshFamily {
  return {
    id: `family-of-${clientId}`,
    userId: "alice",
    clientId,
    scope: "api:read",
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 1_000_000,
    revokedAtMs: undefined,
    revokedReason: undefined,
    pendingOtp: false,
    otpTries: 0,
    authTimeMs: nowMs,
    amr: ["pwd"],
    originHash: undefined,
    lastUsedAtMs: nowMs,
    ip: undefined,
    userAgent: undefined,
  };
}

describe("clients", () => {
  const { open } = sqlite;

  test("are registered with a secret that is shown once and kept as a hash", async () => {
    await using temporary = await open();
    const { clients, events } = setUp(temporary);
    const { client, secret = "" } = await clients.register(service, origin);
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(client).toMatchObject({ ...service, active: true, firstParty: false, allowPasswordGrant: false });
    expect(await clients.find("worker")).toEqual(client);
    expect(JSON.stringify(await temporary.query("select * from oauth_clients"))).not.toContain(secret);
    expect(JSON.stringify(await temporary.query("select * from audit_events"))).not.toContain(secret);
    expect(await events()).toEqual(["client.created worker"]);
    expect(clients.verifySecret(client, secret)).toBe(true);
    for (const wrong of ["", `${secret}x`, secret.slice(1), client.secretHash ?? ""]) {
      expect(clients.verifySecret(client, wrong)).toBe(false);
    }
  });

  test("that are public have no secret, and none is right", async () => {
    await using temporary = await open();
    const { clients } = setUp(temporary);
    const { client, secret } = await clients.register(app, origin);
    expect(secret).toBeUndefined();
    expect(clients.verifySecret(client, "")).toBe(false);
    await expect(clients.replaceSecret("app", origin)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("[19] without an id of their own get one that is no account's", async () => {
    await using temporary = await open();
    const { clients } = setUp(temporary);
    const { clientId: _, ...nameless } = app;
    const { client } = await clients.register(nameless, origin);
    expect(client.clientId).toMatch(/^client-[0-9a-f-]{36}$/);
  });

  test("that break a rule, or take an id, leave no trace", async () => {
    await using temporary = await open();
    const { clients, events } = setUp(temporary);
    await clients.register(app, origin);
    await expect(clients.register({ ...app, name: "Other" }, origin)).rejects.toMatchObject({
      field: "client_id",
    });
    expect(() => clients.register({ ...app, clientId: "x y" }, origin)).toThrow(/client_id/);
    await expect(
      clients.update("app", { redirectUris: ["http://evil.example/"] }, origin),
    ).rejects.toMatchObject({
      field: "redirect_uris",
    });
    await expect(clients.update("nobody", { name: "X" }, origin)).rejects.toMatchObject({
      field: "client_id",
    });
    expect((await clients.list()).map(({ name }) => name)).toEqual(["App"]);
    expect(await events()).toEqual(["client.created app"]);
  });

  test("change at once for who changed them, and within a second for others", async () => {
    await using temporary = await open();
    const { clients, clock, events } = setUp(temporary);
    await clients.register(app, origin);
    const elsewhere = createClients({
      bus: createMemoryBus(),
      auth: (await temporary.openSecond()).auth,
      clock,
    });
    expect((await elsewhere.find("app"))?.name).toBe("App");
    expect((await clients.find("app"))?.name).toBe("App");
    clock.advance(500);
    await clients.update("app", { name: "Renamed", tokenAlgorithm: "ES256", scope: undefined }, origin);
    expect(await clients.find("app")).toMatchObject({
      name: "Renamed",
      tokenAlgorithm: "ES256",
      scope: app.scope,
    });
    clock.advance(500);
    expect((await elsewhere.find("app"))?.name).toBe("Renamed");
    expect(await events()).toEqual(["client.created app", "client.updated app"]);
  });

  test("that were not known a moment ago are known once they are registered", async () => {
    await using temporary = await open();
    const { clients } = setUp(temporary);
    expect(await clients.find("app")).toBeUndefined();
    await clients.register(app, origin);
    expect(await clients.find("app")).toBeDefined();
  });

  test("lose an old secret with the new one", async () => {
    await using temporary = await open();
    const { clients } = setUp(temporary);
    const { secret: old = "" } = await clients.register(service, origin);
    const { client, secret = "" } = await clients.replaceSecret("worker", origin);
    expect(secret).not.toBe(old);
    expect(clients.verifySecret(client, secret)).toBe(true);
    expect(clients.verifySecret(client, old)).toBe(false);
  });

  test("that are switched off lose their sessions and tokens at once, and others keep theirs", async () => {
    await using temporary = await open();
    const { clients, clock, guard, store, events } = setUp(temporary);
    await store.auth.accounts.create({
      id: "alice",
      login: "alice",
      displayName: "Alice",
      about: undefined,
      email: undefined,
      role: "user",
      local: false,
      active: true,
      createdAtMs: 1,
      updatedAtMs: 1,
      lastLoginAtMs: undefined,
      passwordHash: undefined,
    });
    await clients.register(app, origin);
    await clients.register({ ...app, clientId: "other" }, origin);
    const callers = await Promise.all(
      ["app", "other"].map(async (clientId) => {
        const family = familyOf(clientId, clock.nowMs());
        await store.auth.refreshTokens.createFamily(family);
        const caller = { userId: "alice", clientId, scope: [], anonymous: false, kind: "user" } as const;
        return { ...caller, sessionId: family.id, tokenId: `token-of-${clientId}` };
      }),
    );
    for (const caller of callers) expect(await guard.check(caller)).toBe(caller);
    expect(await clients.disable("app", origin)).toBe(1);
    const [ended, going] = callers;
    if (ended === undefined || going === undefined) throw new Error("no callers");
    await expect(guard.check(ended)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    expect(await guard.check(going)).toBe(going);
    expect((await clients.find("app"))?.active).toBe(false);
    expect(await store.auth.refreshTokens.findFamily("family-of-app")).toMatchObject({
      revokedReason: "client-disabled",
    });
    expect((await clients.enable("app", origin)).active).toBe(true);
    // Ended is ended: the client is back, its sessions are not.
    await expect(guard.check(ended)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    expect(await events()).toEqual(
      expect.arrayContaining(["client.disabled app", "client.updated app"]) as string[],
    );
    expect(await clients.remove("other", origin)).toBe(1);
    await expect(guard.check(going)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    expect(await clients.find("other")).toBeUndefined();
  });

  test("of ours follow a new version, but keep what the operator has set", async () => {
    await using temporary = await open();
    const { clients } = setUp(temporary);
    await clients.seed(compatClients);
    const { secret = "" } = await clients.replaceSecret("codelab-internal", origin);
    await clients.update("codelab-internal", { accessTtlSeconds: 120, tokenAlgorithm: "ES256" }, origin);
    await clients.disable("codelab-internal", origin);
    await clients.seed(compatClients.map((client) => ({ ...client, name: "New name", scope: "api:read" })));
    const client = await clients.find("codelab-internal");
    expect(client).toMatchObject({
      name: "New name",
      scope: "api:read",
      accessTtlSeconds: 120,
      tokenAlgorithm: "ES256",
      active: false,
    });
    expect(client !== undefined && clients.verifySecret(client, secret)).toBe(true);
  });

  test("without a secret yet let nobody in", async () => {
    await using temporary = await open();
    const { clients } = setUp(temporary);
    await clients.seed(compatClients);
    const client = await clients.find("codelab-internal");
    if (client === undefined) throw new Error("no client");
    for (const secret of ["", "secret", "undefined"])
      expect(clients.verifySecret(client, secret)).toBe(false);
  });

  test.each(["' or '1'='1", "app'; drop table oauth_clients; --", "\u0000", "%", "постоялец"])(
    "are not found by %j",
    async (id) => {
      await using temporary = await open();
      const { clients } = setUp(temporary);
      await clients.register(app, origin);
      expect(await clients.find(id)).toBeUndefined();
      expect(await clients.list()).toHaveLength(1);
    },
  );
});

describe.each(databases)("clients on $name, at once", ({ open }) => {
  test("of ours are there from the start, once, also when servers start at once", async () => {
    await using temporary = await open();
    const { clients, events } = setUp(temporary);
    await clients.seed([...builtInClients, ...compatClients]);
    const first = await clients.list();
    expect(first.map(({ clientId }) => clientId).toSorted()).toEqual([
      "codelab-flutter-app",
      "codelab-internal",
      "pipit-cli",
      "pipit-desktop",
      "pipit-web",
    ]);
    temporary.clock.advance(1_000);
    const elsewhere = createClients({
      bus: createMemoryBus(),
      auth: (await temporary.openSecond()).auth,
      clock: temporary.clock,
    });
    await elsewhere.seed([...builtInClients, ...compatClients]);
    await clients.seed(builtInClients);
    expect(await clients.list()).toEqual(first);
    expect(await events()).toHaveLength(5);
  });
});
