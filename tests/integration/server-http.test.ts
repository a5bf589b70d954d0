import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { version } from "#contract/build/version.ts";
import { contentOf, GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

const HARDWARE_ID = "6FA1B0C2-1111-5222-8333-944455556666";
const EXTENDED = { clientMessageId: "0198c0de-0000-7000-8000-000000000001" };

let server: TestServer;
let chatId: string;
beforeAll(async () => {
  server = await startTestServer();
  using grpc = new GrpcJsClient(server.grpcUrl);
  const authorization = `Bearer ${server.accessToken}`;
  const ask = (prompt: string, more: object) =>
    grpc.call(
      StreamingService.method.streamAudio,
      { prompt, hardwareId: HARDWARE_ID, speak: false, ...more },
      { authorization },
    );
  const first = await ask("What is 6 * 7?", EXTENDED);
  chatId = contentOf(first.messages, "turn").chatId;
  await ask("Tell me about the lighthouse", { chatId, clientMessageId: crypto.randomUUID() });
  await ask("Something else entirely", { clientMessageId: crypto.randomUUID() });
});
afterAll(() => server[Symbol.asyncDispose]());

async function get(path: string, init: RequestInit = {}): Promise<{ response: Response; body: unknown }> {
  const response = await fetch(server.httpUrl + path, {
    ...init,
    headers: { authorization: `Bearer ${server.accessToken}` },
  });
  return { response, body: await response.json() };
}

describe("what anybody may ask", () => {
  test("/health names each part", async () => {
    const response = await fetch(`${server.httpUrl}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: "healthy",
      version,
      build: expect.stringContaining(version) as string,
      database: "connected",
      storage: "writable",
      clock: "own",
      master_key: "right",
      memory_files: "off",
      semantic_search: "off",
      grpc_port: Number(server.grpcUrl.split(":").at(-1)),
      redis: "disabled",
    });
    expect(response.headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("/ready", async () => {
    const response = await fetch(`${server.httpUrl}/ready`);
    expect([response.status, await response.json()]).toEqual([200, { status: "ready" }]);
  });

  test("the caller's correlation id comes back unless it could do harm", async () => {
    const echo = async (id: string) =>
      (await fetch(`${server.httpUrl}/health`, { headers: { "x-correlation-id": id } })).headers.get(
        "x-correlation-id",
      );
    expect(await echo("job-7.a_b")).toBe("job-7.a_b");
    expect(await echo('"}{"')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await echo("x".repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("the caller's chats", () => {
  test("GET /v1/chats lists them, most recently changed first", async () => {
    const { body } = await get("/v1/chats");
    expect(body).toEqual({
      data: [expect.objectContaining({ state: "ACTIVE" }), expect.objectContaining({ id: chatId })],
      next_cursor: null,
    });
    expect((await get("/v1/chats?limit=1")).body).toEqual({
      data: [expect.not.objectContaining({ id: chatId })],
      next_cursor: expect.any(String),
    });
  });

  test("GET /v1/chats/{id}", async () => {
    expect((await get(`/v1/chats/${chatId}`)).body).toEqual({
      id: chatId,
      title: expect.any(String),
      model: "pipit",
      state: "ACTIVE",
      pinned: false,
      archived: false,
      head_turn_id: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  test("GET /v1/chats/{id}/messages gives question and answer, oldest first, and pages back", async () => {
    const { body } = await get(`/v1/chats/${chatId}/messages`);
    expect(body).toMatchObject({
      data: [
        {
          role: "user",
          content: { role: "user", content: [{ type: "text", text: "What is 6 * 7?" }] },
          step_number: 0,
        },
        { role: "assistant", step_number: 0, step_data: { status: "done" } },
        { role: "user", step_number: 1 },
        { role: "assistant", step_number: 1 },
      ],
    });
    expect(JSON.stringify(body)).toContain("42");
    const newest = (body as { data: { turn_id: string }[] }).data[2]?.turn_id;
    expect((await get(`/v1/chats/${chatId}/messages?before=${newest}&limit=1`)).body).toMatchObject({
      data: [{ step_number: 0 }, { step_number: 0 }],
    });
  });

  test("GET /v1/chats/search finds by full text, in all chats or one", async () => {
    const { body } = await get("/v1/chats/search?q=lighthouse&limit=3");
    expect(body).toMatchObject({
      query: "lighthouse",
      scope: "all",
      limit: 3,
      context_turns: 1,
      results: [
        {
          session_id: chatId,
          hit_turn_id: `${chatId}:1`,
          hit_turn_index: 1,
          score: expect.any(Number),
          headline: expect.stringContaining("lighthouse"),
          context_turns: [{ turn_index: 0 }, { turn_index: 1 }],
        },
      ],
    });
    const inOne = await get(`/v1/chats/search?q=entirely&scope=current&chat_id=${chatId}`);
    expect(inOne.body).toMatchObject({ results: [] });
  });

  test("W9: per_session, context_turns and the filters of a search are honoured", async () => {
    const bare = await get("/v1/chats/search?q=lighthouse&context_turns=0&per_session=1");
    expect(bare.body).toMatchObject({ context_turns: 0, results: [{ context_turns: [{ turn_index: 1 }] }] });
    const found = async (q: string) => {
      const { response, body } = await get(`/v1/chats/search?q=${encodeURIComponent(q)}`);
      expect([q, response.status]).toEqual([q, 200]);
      return (body as { results: unknown[] }).results.length;
    };
    expect(await found(`lighthouse in:${chatId} after:2020-01-01`)).toBe(1);
    expect(await found("lighthouse before:2020-01-01")).toBe(0);
    // What FTS5 and tsquery would read as more than words.
    const odd = [
      'lighthouse " unbalanced',
      'NEAR(lighthouse, 5) OR scope : "u"',
      "lighthouse:* & !'x'",
      "*",
      "\\",
    ];
    for (const q of odd) expect(await found(q)).toBeLessThanOrEqual(1);
  });

  test("a chat that is another's or nobody's is 404 everywhere", async () => {
    for (const path of [
      "/v1/chats/nope",
      "/v1/chats/nope/messages",
      "/v1/chats/search?q=x&scope=current&chat_id=nope",
    ]) {
      const { response, body } = await get(path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(body).toEqual({ error: { code: "CHAT_NOT_FOUND", message: "Chat not found", field: "id" } });
    }
  });

  test.each([
    ["/v1/chats?limit=0", "limit"],
    ["/v1/chats?limit=many", "limit"],
    ["/v1/chats?archive=true", "archive"],
    ["/v1/chats/search?q=x&chat=y", "chat"],
    ["/v1/usage?form=2026-11-01", "form"],
    ["/v1/memories?limit=5", "limit"],
    ["/v1/projects?limit=5", "limit"],
    ["/v1/api-keys?limit=5", "limit"],
    ["/v1/chats/search", "q"],
    ["/v1/chats/search?q=%20", "q"],
    ["/v1/chats/search?q=x&scope=mine", "scope"],
    ["/v1/chats/search?q=x&scope=current", "chat_id"],
    [`/v1/chats/search?q=${"x".repeat(10_000)}`, "q"],
    ["/v1/chats/search?q=x%00y", "q"],
    ["/v1/chats/search?q=x+before:lunch", "q"],
    ["/v1/chats/search?q=x&per_session=0", "per_session"],
    ["/v1/chats/search?q=x&context_turns=6", "context_turns"],
    ["/v1/chats/search?q=x&limit=51", "limit"],
    ["/v1/chats/x/messages?before=", "before"],
  ])("%s is 400 and names %s", async (path, field) => {
    const { response, body } = await get(path);
    expect(response.status).toBe(400);
    expect(body).toEqual({
      error: { code: "INVALID_REQUEST", message: expect.stringContaining(field), field },
    });
  });
});

test("GET /v1/models says who would answer, and ignores what is not known, as the OpenAI API does", async () => {
  expect((await get("/v1/models?limit=5")).body).toEqual({
    object: "list",
    data: [
      {
        id: "built-in",
        object: "model",
        created: expect.any(Number),
        owned_by: "runtime",
        version_id: version,
      },
    ],
  });
});

test("GET /v1/status tells the doctor about each part", async () => {
  expect((await get("/v1/status")).body).toEqual({
    version,
    model: {
      kind: "built-in",
      name: "built-in",
      works: true,
      detail: expect.stringContaining("PIPIT_MODEL_URL"),
    },
    voice: { providers: expect.any(Object), detail: expect.any(String) },
    store: {},
  });
});

describe("what is refused, is refused in JSON without internals", () => {
  test.each([
    ["GET", "/nope", undefined, 404],
    ["GET", "/../../etc/passwd", undefined, 404],
    ["POST", "/v1/chats/search", undefined, 405],
    ["DELETE", "/health", undefined, 405],
    ["POST", "/oauth/token", ["application/json", "{}"], 415],
    ["POST", "/oauth/token", ["text/plain", "x"], 415],
    ["POST", "/oauth/token", ["application/x-www-form-urlencoded", "x".repeat(70_000)], 413],
    ["GET", "/%zz", undefined, 400],
  ] as const)("%s %s", async (method, path, body, status) => {
    const response = await fetch(server.httpUrl + path, {
      method,
      ...(body === undefined ? {} : { body: body[1], headers: { "content-type": body[0] } }),
    });
    const text = await response.text();
    expect([response.status, response.headers.get("content-type")]).toEqual([
      status,
      "application/json; charset=utf-8",
    ]);
    expect(JSON.parse(text)).toHaveProperty("error");
    expect(response.headers.get("x-correlation-id")).toBeTruthy();
    expect(text).not.toMatch(/node_modules|\.ts:\d|FST_|\\n +at /);
    if (status === 405) expect(response.headers.get("allow")).toBe("GET");
  });
});
