import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createSealer } from "#server/domain/secrets/sealer.ts";
import { openTemporaryStore } from "#server/testing/temporary-store.ts";
import { createModelConnection } from "./model-connection.ts";

test("a connection that another master key has sealed is said once to the log, and can be made anew", async () => {
  await using temporary = await openTemporaryStore();
  const { store, logger } = temporary;
  const open = () =>
    createModelConnection({
      configured: { ollamaUrl: "http://127.0.0.1:9" },
      setBy: undefined,
      auth: store.auth,
      sealer: createSealer(randomBytes(32)),
      ollama: { state: async () => ({ kind: "absent" }) },
      logger,
    });
  const decision = {
    caller: { userId: "user-1", clientId: "desktop" },
    origin: { ip: "127.0.0.1", userAgent: "test", correlationId: undefined },
  };
  const { signal } = new AbortController();
  const model = { url: "http://127.0.0.1:9/v1", key: "sk-secret", model: "alpha" };
  await open().save(model, decision);
  const after = open();
  expect(await after.saved()).toBeUndefined();
  expect(await after.view(signal)).toMatchObject({ from: "none" });
  expect(logger.lines.map(({ level, event }) => [level, event])).toEqual([
    ["error", "model.connection_unreadable"],
  ]);
  // Its key is lost, and not asked for.
  await after.save({ url: model.url, model: "beta" }, decision);
  expect(await after.saved()).toEqual({ url: model.url, model: "beta" });
});
