import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { createSealer } from "#server/domain/secrets/sealer.ts";
import { openTemporaryStore } from "#server/testing/temporary-store.ts";
import { createPageSources } from "./page-sources.ts";
import { createProviderHolder, type OidcKeys } from "./provider-holder.ts";

test("the library is made once, and anew when the keys or the address have changed", async () => {
  await using temporary = await openTemporaryStore();
  const { store, clock, logger } = temporary;
  const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const state = { generation: 1, baseUrl: "http://127.0.0.1:1" };
  const keys: OidcKeys = {
    fresh: async () => undefined,
    privateJwks: () => ({
      generation: state.generation,
      keys: [{ ...jwk, kid: `key-${state.generation}`, alg: "RS256", use: "sig" }],
    }),
  };
  const holder = createProviderHolder({
    issuer: "https://id.example",
    baseUrl: () => state.baseUrl,
    keys,
    cookieKey: Buffer.alloc(32, 1),
    payloads: store.oidcPayloads,
    sealer: createSealer(Buffer.alloc(32, 2)),
    findClient: async () => undefined,
    findAccount: async () => undefined,
    webSessions: { verify: () => Promise.reject(new Error("nobody")) },
    pages: createPageSources({
      stylePath: "/style.css",
      exchangeOf: () => undefined,
      onDevice: async () => undefined,
    }),
    exchangeOf: () => undefined,
    clock,
    databaseNowMs: () => store.auth.nowMs(),
    logger,
  });
  const first = await holder.current();
  expect(await holder.current()).toBe(first);
  state.generation = 2;
  const second = await holder.current();
  expect(second).not.toBe(first);
  state.baseUrl = "https://pipit.example";
  expect(await holder.current()).not.toBe(second);
  expect(first.issuer).toBe("https://id.example");
});
