import { AsyncLocalStorage } from "node:async_hooks";
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { createSealer } from "#server/domain/secrets/sealer.ts";
import { openTemporaryStore } from "#server/testing/temporary-store.ts";
import { createSite } from "#server/http/kit/site.ts";
import { createCurrentProvider } from "./current-provider.ts";
import type { ProviderContext } from "./oidc-context.ts";

test("the library is made once, and anew when the keys or the address have changed", async () => {
  await using temporary = await openTemporaryStore();
  const { store, clock, logger } = temporary;
  const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const state = { generation: 1, baseUrl: "http://127.0.0.1:1" };
  const keys: ProviderContext["signingKeys"] = {
    fresh: async () => undefined,
    privateJwks: () => ({
      generation: state.generation,
      keys: [{ ...jwk, kid: `key-${state.generation}`, alg: "RS256", use: "sig" }],
    }),
  };
  const current = createCurrentProvider({
    config: { issuer: "https://id.example" },
    pageUrl: () => state.baseUrl,
    signingKeys: keys,
    masterKey: { derive: () => Buffer.alloc(32, 1) },
    store,
    sealer: createSealer(Buffer.alloc(32, 2)),
    clients: { find: async () => undefined },
    webSessions: { verify: () => Promise.reject(new Error("nobody")) },
    exchanges: new AsyncLocalStorage(),
    site: createSite({ host: "127.0.0.1", port: 0 }, undefined),
    clock,
    logger,
  });
  const first = await current();
  expect(await current()).toBe(first);
  state.generation = 2;
  const second = await current();
  expect(second).not.toBe(first);
  state.baseUrl = "https://pipit.example";
  expect(await current()).not.toBe(second);
  expect(first.issuer).toBe("https://id.example");
});
