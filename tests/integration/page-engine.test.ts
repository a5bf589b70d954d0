import type { SignInLink } from "#contract/sign-in.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { defaultSettings } from "#contract/settings.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { openPageClient } from "#engine/web/page-client.ts";
import { createMemoryValues } from "#engine/web/page-values.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";
import { newCode } from "./web-stage.ts";

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

  /** A page that was opened with this one-time address. */
  function openPage(code: string) {
    const codes = [code];
    const shown: (SignInLink | undefined)[] = [];
    const client = openPageClient(
      {
        serverUrl: server.httpUrl,
        logger: createFakeLogger(),
        hardwareId: "page-1",
        locale: "en",
        storage: { outbox: createMemoryOutbox(), values: createMemoryValues() },
        reports: () => "never",
        takeSignInCode: () => codes.pop(),
        showSignInLink: (link) => shown.push(link),
        onCodeRefused: (error) => expect.fail(error.message),
      },
      defaultSettings,
    );
    return { client, shown, auth: () => client.session.store.getState() };
  }

  test("[S1] asks who the browser is to be, where another tab has signed in before the digits were typed", async () => {
    cookie = "";
    const { code, digits } = await newCode(server);
    const { client, auth, shown } = openPage(code);
    await using _ = client;
    await client.signIn(signal);
    expect(shown).toEqual([{ kind: "digits" }]);
    const registered = await fetch(`${server.httpUrl}/auth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login: "ann", password: "Correct-horse-1" }),
    });
    expect(registered.status).toBe(200);

    await client.login({ kind: "link", digits }, () => undefined, signal);
    expect(auth()).toMatchObject({ kind: "signed-in", local: false, accountName: "ann" });
    expect(shown.at(-1)).toMatchObject({ kind: "confirm", local: true });
    await client.login({ kind: "link" }, () => undefined, signal);
    expect([auth(), shown.at(-1)]).toEqual([expect.objectContaining({ local: true }), undefined]);
  });

  test("signs in, asks, reads its history, and is refused after it signed out", async () => {
    cookie = "";
    const { client, auth, shown } = openPage("wrong");
    await using _ = client;
    await client.signIn(signal);
    expect([auth(), shown]).toEqual([{ kind: "signed-out", reason: "never" }, [{ kind: "digits" }]]);
    await client.login({ kind: "link", digits: "0000" }, () => undefined, signal);
    expect([auth().kind, shown.at(-1)]).toEqual(["signed-out", { kind: "used" }]);
    await client.login({ kind: "token", token: server.accessToken }, () => undefined, signal);
    await client.signIn(signal);
    expect(auth()).toMatchObject({ kind: "signed-in", local: true });
    expect(await client.findServer(signal)).toEqual({ httpUrl: server.httpUrl, own: false });
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
