import { afterEach, expect, test, vi } from "vitest";
import { defaultSettings } from "#contract/settings.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { openPageClient } from "./page-client.ts";
import { createMemoryValues } from "./page-values.ts";

const never = new AbortController().signal;
const serverUrl = "http://127.0.0.1:8787";

function open() {
  return openPageClient(
    {
      serverUrl,
      logger: createFakeLogger(),
      hardwareId: "page-1",
      locale: "en",
      storage: { outbox: createMemoryOutbox(), values: createMemoryValues() },
      reports: () => "never",
      takeSignInCode: () => undefined,
      showSignInLink: () => undefined,
      onCodeRefused: () => undefined,
    },
    defaultSettings,
  );
}
afterEach(() => {
  vi.unstubAllGlobals();
});

test("a server whose database does not answer is not there", async () => {
  await using client = open();
  vi.stubGlobal("fetch", async () => new Response('{"status":"unhealthy"}', { status: 503 }));
  await expect(client.findServer(never)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  vi.stubGlobal("fetch", async () => new Response("{}", { status: 200 }));
  expect(await client.findServer(never)).toEqual({ httpUrl: serverUrl, own: false });
});

test("a page cannot sign in to the local account by itself, and says how it is done", async () => {
  await using client = open();
  await expect(client.login({ kind: "local" }, () => undefined, never)).rejects.toMatchObject({
    code: "NOT_ALLOWED",
    message: expect.stringContaining("pipit web"),
  });
});
