import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { contentOf, GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

// What a client does with its chats over HTTP, against the real server.

const HARDWARE_ID = "6FA1B0C2-1111-5222-8333-944455556666";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** One JSON call; `body` is undefined where the answer has none. */
async function call(method: string, path: string, sent?: object) {
  const response = await fetch(server.httpUrl + path, {
    method,
    headers: {
      authorization: `Bearer ${server.accessToken}`,
      ...(sent !== undefined && { "content-type": "application/json" }),
    },
    ...(sent !== undefined && { body: JSON.stringify(sent) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

/** Asks by gRPC; resolves to the `turn` of the answer. */
async function ask(prompt: string, more: object = {}) {
  using grpc = new GrpcJsClient(server.grpcUrl);
  const { messages } = await grpc.call(
    StreamingService.method.streamAudio,
    { prompt, hardwareId: HARDWARE_ID, speak: false, clientMessageId: crypto.randomUUID(), ...more },
    { authorization: `Bearer ${server.accessToken}` },
  );
  return contentOf(messages, "turn");
}

describe("chats over HTTP", () => {
  test("made, renamed, pinned, archived, marked as unread, deleted and restored", async () => {
    expect(await call("POST", "/v1/chats", { temporary: true })).toMatchObject({ body: { temporary: true } });
    const made = await call("POST", "/v1/chats", { title: "  Birds \n of prey " });
    expect(made).toMatchObject({
      status: 201,
      body: { title: "Birds of prey", pinned: false, archived: false, state: "ACTIVE", head_turn_id: null },
    });
    const path = `/v1/chats/${made.body.id}`;
    expect(await call("PUT", path, { title: "Owls", pinned: true, archived: true })).toMatchObject({
      status: 200,
      body: { title: "Owls", pinned: true, archived: true, state: "ARCHIVED" },
    });
    expect(await call("PUT", path, { pinned: false })).toMatchObject({
      body: { title: "Owls", pinned: false, archived: true },
    });
    expect(await call("PUT", path, { unread: true })).toMatchObject({ body: { unread: true } });
    // What was seen is no part of a chat that is taken elsewhere.
    const { body: exported } = await call("GET", `${path}/export?format=json`);
    expect(JSON.stringify(exported)).toContain("Owls");
    expect(JSON.stringify(exported)).not.toContain("unread");
    expect((await call("PUT", path, { unread: false })).body).not.toHaveProperty("unread");
    expect(await call("DELETE", path)).toEqual({ status: 204, body: undefined });
    for (const [method, gone] of [
      ["GET", path],
      ["PUT", path],
      ["DELETE", path],
      ["GET", `${path}/messages`],
    ] as const) {
      expect(await call(method, gone)).toMatchObject({
        status: 404,
        body: { error: { code: "CHAT_NOT_FOUND" } },
      });
    }
    expect(await call("POST", `${path}/restore`)).toMatchObject({ status: 200, body: { title: "Owls" } });
    expect(await call("GET", path)).toMatchObject({ status: 200 });
  });

  test.each([
    [{ title: "" }, "title"],
    [{ title: 7 }, "title"],
    [{ pinned: "yes" }, "pinned"],
    [{ unread: "yes" }, "unread"],
    [{ shown_turn_id: "unknown" }, "shown_turn_id"],
  ])("PUT %j is 400 and names the field", async (changes, field) => {
    const { body } = await call("POST", "/v1/chats", {});
    expect(await call("PUT", `/v1/chats/${body.id}`, changes)).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_REQUEST", field } },
    });
  });

  test("messages of a new chat that come with its key share it, whichever the server hears of first", async () => {
    const chatKey = crypto.randomUUID();
    const second = await ask("What is 3 + 3?", { chatKey });
    const first = await ask("What is 2 + 2?", { chatKey: chatKey.toUpperCase() });
    expect(first.chatId).toBe(second.chatId);
    expect(first.parentTurnId).toBe(second.turnId);
  });

  test("[O22] a list goes on where its cursor says, and a cursor of another list is refused by name", async () => {
    for (const title of ["One", "Two", "Three"]) await call("POST", "/v1/chats", { title });
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await call("GET", `/v1/chats?limit=2&archived=false${cursor}`);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`;
    } while (cursor !== "");
    const whole = await call("GET", "/v1/chats?archived=false");
    expect(whole.body.next_cursor).toBeNull();
    expect(seen).toEqual(whole.body.data.map(({ id }: { id: string }) => id));
    const { next_cursor: next } = (await call("GET", "/v1/chats?limit=1")).body;
    const fault = (message: string) => ({
      status: 400,
      body: {
        error: { code: "INVALID_REQUEST", field: "cursor", message: expect.stringContaining(message) },
      },
    });
    expect(await call("GET", `/v1/chats?pinned=true&cursor=${next}`)).toMatchObject(fault("other values"));
    for (const made of ["x", "W10", "bnVsbA"]) {
      expect(await call("GET", `/v1/chats?cursor=${made}`)).toMatchObject(fault("none of this list"));
    }
  });

  test("CMR-D8: messages tell their ids and branches, and to show another branch shows its messages", async () => {
    const clientMessageId = crypto.randomUUID();
    const root = await ask("What is 6 * 7?", { clientMessageId });
    expect(root).toMatchObject({ parentTurnId: "" });
    const { chatId } = root;
    const first = await ask("What is 2 + 2?", { chatId });
    const second = await ask("What is 3 + 3?", { chatId, parentTurnId: root.turnId });
    const siblings = [first.turnId, second.turnId];
    const messages = async () => (await call("GET", `/v1/chats/${chatId}/messages`)).body.data;
    const shown = await messages();
    expect(shown).toMatchObject([
      { turn_id: root.turnId, client_message_id: clientMessageId, parent_turn_id: null, status: "done" },
      {
        turn_id: root.turnId,
        role: "assistant",
        status: "done",
        usage: { input_tokens: expect.any(Number) },
      },
      { turn_id: second.turnId, parent_turn_id: root.turnId, siblings },
      { turn_id: second.turnId, role: "assistant" },
    ]);
    expect(shown[0]).not.toHaveProperty("siblings");
    await call("PUT", `/v1/chats/${chatId}`, { shown_turn_id: first.turnId });
    expect((await messages())[2]).toMatchObject({ turn_id: first.turnId, siblings });
    const path = `/v1/chats/${chatId}/turns/${first.turnId}`;
    expect(await call("DELETE", path)).toMatchObject({ status: 204 });
    expect((await messages())[2]).toMatchObject({ turn_id: second.turnId });
    expect(await call("POST", `${path}/restore`)).toMatchObject({ status: 204 });
    expect((await messages())[2]).toMatchObject({ turn_id: first.turnId, siblings });
  });

  test("the picture of a question is there as the model saw it", async () => {
    const { default: sharp } = await import("sharp");
    const png = await sharp({ create: { width: 3_136, height: 200, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const { chatId, turnId } = await ask("What is this?", { screenshot: png.toString("base64") });
    const [question] = (await call("GET", `/v1/chats/${chatId}/messages`)).body.data;
    const url = `/v1/chats/${chatId}/turns/${turnId}/picture`;
    expect(question.picture).toEqual({ width: 1568, height: 100, bytes: expect.any(Number), url });
    const response = await fetch(server.httpUrl + url, {
      headers: { authorization: `Bearer ${server.accessToken}` },
    });
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.length).toBe(question.picture.bytes);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "jpeg", width: 1568 });
    const authorization = `Bearer ${server.accessToken}`;
    const asText = await fetch(server.httpUrl + url, {
      headers: { authorization, accept: "application/json" },
    });
    expect(await asText.json()).toEqual({ width: 1568, height: 100, jpeg: bytes.toString("base64") });
    const { chatId: other, turnId: bare } = await ask("And without?");
    expect(await call("GET", `/v1/chats/${other}/turns/${bare}/picture`)).toMatchObject({ status: 404 });
  });

  test("the files of a question are listed with it, and their texts are there for who asked", async () => {
    const file = {
      name: "../b.pdf",
      mediaType: "application/pdf",
      sizeBytes: 900n,
      text: "Fish.",
      cut: true,
      pages: 2,
    };
    const { chatId, turnId } = await ask("What is this?", { files: [file] });
    const [question] = (await call("GET", `/v1/chats/${chatId}/messages`)).body.data;
    const listed = {
      name: "b.pdf",
      media_type: "application/pdf",
      bytes: 900,
      pages: 2,
      chars: 5,
      cut: true,
    };
    expect(question).toMatchObject({ content: { content: [{ text: "What is this?" }] }, files: [listed] });
    const path = `/v1/chats/${chatId}/turns/${turnId}/files`;
    expect(await call("GET", path)).toMatchObject({
      status: 200,
      body: { data: [{ ...listed, text: "Fish." }] },
    });
    const { chatId: other, turnId: bare } = await ask("And without?");
    expect(await call("GET", `/v1/chats/${other}/turns/${bare}/files`)).toMatchObject({ status: 404 });
  });
});
