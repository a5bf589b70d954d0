import type { SignInLink } from "#contract/sign-in.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { defaultSettings } from "#contract/settings.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { openPageClient } from "#engine/web/page-client.ts";
import { createMemoryValues } from "#engine/web/page-values.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

/** The page's engine against the real server, with what a browser does by itself: it keeps the cookie and names the page. */
describe("the engine of the page", () => {
  let server: TestServer;
  const realFetch = globalThis.fetch;
  let cookie = "";
  const signal = new AbortController().signal;

  beforeAll(async () => {
    server = await startTestServer();
    globalThis.fetch = async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("origin", server.httpUrl);
      headers.set("sec-fetch-site", "same-origin");
      if (cookie !== "") headers.set("cookie", cookie);
      const response = await realFetch(input, { ...init, headers });
      for (const set of response.headers.getSetCookie()) cookie = set.split(";")[0] ?? "";
      return response;
    };
  });
  afterAll(async () => {
    globalThis.fetch = realFetch;
    await server[Symbol.asyncDispose]();
  });

  test("signs in, asks, reads its history, and is refused after it signed out", async () => {
    const logger = createFakeLogger();
    const codes = ["wrong"];
    const shown: (SignInLink | undefined)[] = [];
    const { httpUrl: serverUrl } = server;
    await using client = openPageClient(
      {
        serverUrl,
        logger,
        hardwareId: "page-1",
        locale: "en",
        storage: { outbox: createMemoryOutbox(), values: createMemoryValues() },
        takeSignInCode: () => codes.pop(),
        showSignInLink: (link) => shown.push(link),
        onCodeRefused: (error) => expect.fail(error.message),
      },
      defaultSettings,
    );
    const auth = () => client.session.store.getState();
    await client.signIn(signal);
    expect([auth(), shown]).toEqual([{ kind: "signed-out", reason: "never" }, [{ kind: "digits" }]]);
    await client.login({ kind: "link", digits: "0000" }, () => undefined, signal);
    expect([auth().kind, shown.at(-1)]).toEqual(["signed-out", { kind: "used" }]);
    await client.login({ kind: "token", token: server.accessToken }, () => undefined, signal);
    await client.signIn(signal);
    expect(auth()).toMatchObject({ kind: "signed-in", local: true });
    expect(await client.findServer(signal)).toEqual({ httpUrl: serverUrl, own: false });
    expect(await client.history.modelName(signal)).toBeNull();

    const events: ChatEvent[] = [];
    client.engine.onEvent(({ event }) => events.push(event));
    await client.engine.send({ text: "What is 6 * 7?", speak: true });
    await client.engine.idle();
    const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
    expect(text).toContain("42");
    expect(events[0]?.type).toBe("turn");
    expect(events.at(-1)).toEqual({ type: "end" });
    const sound = events.reduce((sum, event) => sum + (event.type === "audio" ? event.pcm.byteLength : 0), 0);
    expect(sound).toBeGreaterThan(20_000);

    const { history } = client;
    const [chat] = await history.chats(signal);
    const messages = await history.messages(chat?.id ?? "", signal);
    expect(messages.map((message) => message.role)).toEqual(["user", "assistant"]);

    await client.logout(signal);
    await expect(client.engine.send({ text: "And 7 * 8?" })).rejects.toMatchObject({ code: "SIGNED_OUT" });
    await expect(history.chats(signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
  });
});
