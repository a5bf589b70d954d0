import { AsyncLocalStorage } from "node:async_hooks";
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { createSealer } from "#server/domain/secrets/sealer.ts";
import { openTemporaryStore } from "#server/testing/temporary-store.ts";
import { createSite } from "#server/http/kit/site.ts";
import { runCommand } from "#tools/test/command.ts";
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

/** Prints the packages that our modules ask for while the server's routes are loaded. */
const loadedPackages = `
  import { registerHooks } from "node:module";
  const names = new Set();
  registerHooks({ resolve(name, context, next) { names.add(name); return next(name, context); } });
  await import("#server/http/oauth/oidc/create-oidc.ts");
  await import("#server/http/oauth/oidc/oidc-routes.ts");
  await import("#server/http/oauth/oidc/interaction-routes.ts");
  console.log(JSON.stringify([...names]));
`;

test("a start of the server does not load the library", async () => {
  const args = ["--input-type=module", "--eval", loadedPackages];
  const { code, stdout } = await runCommand(process.execPath, args, {}, AbortSignal.timeout(60_000));
  expect(code).toBe(0);
  const names = JSON.parse(stdout) as string[];
  expect(names).toContain("./begun-sign-in.ts");
  expect(names).not.toContain("oidc-provider");
});
