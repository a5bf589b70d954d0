import { AsyncLocalStorage } from "node:async_hooks";
import { generateKeyPairSync } from "node:crypto";
import { Provider, type Adapter } from "oidc-provider";
import { expect, test } from "vitest";
import { hashOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import { createSealer } from "#server/domain/secrets/sealer.ts";
import { openTemporaryStore, type TemporaryStore } from "#server/testing/temporary-store.ts";
import { clientOf } from "#server/testing/client-of.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { createOidcAdapter } from "./oidc-adapter.ts";
import type { ProviderExchange } from "./oidc-context.ts";

const sealer = createSealer(Buffer.alloc(32, 1));

function adapterOf({ store, clock }: TemporaryStore, model: string, client?: OauthClient): Adapter {
  const exchanges = new AsyncLocalStorage<ProviderExchange>();
  return createOidcAdapter({ store, sealer, clients: { find: async () => client }, clock, exchanges })(model);
}

test("records come back by id, uid and user code, with the id that only the asker knows", async () => {
  await using temporary = await openTemporaryStore();
  const sessions = adapterOf(temporary, "Session");
  await sessions.upsert("id-1", { jti: "id-1", uid: "uid-1", accountId: "ann" }, 60);
  expect(await sessions.find("id-1")).toEqual({ jti: "id-1", uid: "uid-1", accountId: "ann" });
  expect(await sessions.findByUid("uid-1")).toMatchObject({ jti: "id-1" });
  const devices = adapterOf(temporary, "DeviceCode");
  await devices.upsert("code-1", { jti: "code-1", userCode: "BCDFGHJK" }, 60);
  expect(await devices.findByUserCode("BCDFGHJK")).toMatchObject({ jti: "code-1" });
  expect(await devices.find("id-1")).toBeUndefined();
});

test("a code ends by the database's time, wherever the clock of the server is that made it", async () => {
  await using temporary = await openTemporaryStore();
  const codes = adapterOf(temporary, "AuthorizationCode");
  const anHourAgo = Math.floor(Date.now() / 1000) - 3_600;
  await codes.upsert("code-1", { jti: "code-1", exp: anHourAgo + 60 }, 60);
  const leftSeconds = async () => ((await codes.find("code-1"))?.exp ?? 0) - Date.now() / 1000;
  expect(await leftSeconds()).toBeCloseTo(60, -1);
  temporary.clock.advance(61_000);
  expect(await leftSeconds()).toBeLessThan(0);
});

test("what has ended is found by nobody, though it is there until the sweep of each hour", async () => {
  await using temporary = await openTemporaryStore();
  const { store, clock } = temporary;
  const clients = { find: async () => undefined };
  const adapter = createOidcAdapter({ store, sealer, clients, clock, exchanges: new AsyncLocalStorage() });
  const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const provider = new Provider("https://id.example", {
    adapter,
    jwks: { keys: [{ ...jwk, use: "sig" }] },
    features: { devInteractions: { enabled: false } },
  });
  const nowSeconds = Math.floor(Date.now() / 1000);
  const finders = {
    AuthorizationCode: (id: string) => provider.AuthorizationCode.find(id),
    DeviceCode: (id: string) => provider.DeviceCode.find(id),
    Grant: (id: string) => provider.Grant.find(id),
    Interaction: (id: string) => provider.Interaction.find(id),
    Session: (id: string) => provider.Session.find(id),
  };
  for (const [model, find] of Object.entries(finders)) {
    const begin = async (id: string, leftSeconds: number) => {
      const payload = {
        jti: id,
        uid: `uid-${id}`,
        userCode: `code-${id}`,
        kind: model,
        exp: nowSeconds + leftSeconds,
      };
      await adapter(model).upsert(id, payload, leftSeconds);
    };
    await begin("ended", -60);
    await begin("lasting", 600);
    expect([model, await find("ended"), (await find("lasting"))?.jti]).toEqual([model, undefined, "lasting"]);
    expect(await store.oidcPayloads.find(model, hashOpaqueToken("ended"))).toBeDefined();
  }
  expect(await provider.Session.findByUid("uid-ended")).toBeUndefined();
  expect(await provider.Session.findByUid("uid-lasting")).toMatchObject({ jti: "lasting" });
  expect(await provider.DeviceCode.findByUserCode("code-ended")).toBeUndefined();
});

test("of eight that consume one code, one goes on", async () => {
  await using temporary = await openTemporaryStore();
  const codes = adapterOf(temporary, "AuthorizationCode");
  await codes.upsert("code-1", { jti: "code-1", grantId: "grant-1" }, 60);
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => codes.consume("code-1")));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
    reason: { error: "invalid_grant" },
  });
  expect(await codes.find("code-1")).toMatchObject({
    jti: "code-1",
    consumed: Math.floor(temporary.clock.nowMs() / 1000),
  });
  await codes.revokeByGrantId("grant-1");
  expect(await codes.find("code-1")).toBeUndefined();
});

test("clients are ours: switched-off ones are not there, and the library changes none", async () => {
  await using temporary = await openTemporaryStore();
  const client = clientOf({ active: true, applicationType: "native" });
  expect(await adapterOf(temporary, "Client", client).find("x")).toMatchObject({
    client_id: client.clientId,
    application_type: "native",
    token_endpoint_auth_method: "none",
  });
  const off = adapterOf(temporary, "Client", clientOf({ active: false }));
  expect(await off.find("x")).toBeUndefined();
  await expect(off.upsert("x", {}, 1)).rejects.toThrow("not managed");
});
