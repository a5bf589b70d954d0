import { describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { databases } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { gate, say, stream, streamWithUsage } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { contentOf, GrpcJsClient } from "../server-clients.ts";
import { signIn, startTestServer } from "../start-test-server.ts";

const NOON = Date.parse("2026-11-29T12:00:00Z");
const HOUR_MS = 3_600_000;

/** A server on a database whose clock a test moves, and its model. */
async function openStage(database: "SQLite" | "PostgreSQL", limits: object = {}) {
  await using starting = new AsyncDisposableStack();
  let nowMs = NOON;
  const usage = { inputTokens: 30, outputTokens: 5 };
  const answer = streamWithUsage(usage, say("Hello."));
  const model = starting.use(await startOpenAiDouble(answer, { models: ["one", "two"] }));
  const config = { model: { url: model.url, ollamaUrl: "http://127.0.0.1:9" }, ...limits };
  const logger = createRecordingLogger();
  const deps = { clock: { nowMs: () => nowMs }, logger };
  const server = starting.use(await startTestServer({ database, config, deps }));
  const grpc = starting.use(new GrpcJsClient(server.grpcUrl));
  let authorization = `Bearer ${server.accessToken}`;
  const owned = starting.move();
  return {
    model,
    logger,
    answer,
    async advance(ms: number) {
      nowMs += ms;
      authorization = `Bearer ${(await signIn(server.httpUrl, server.dataDir)).accessToken}`;
    },
    ask: (more: object = {}) =>
      grpc.call(
        StreamingService.method.streamAudio,
        { prompt: "Hi", hardwareId: "mac", speak: false, clientMessageId: crypto.randomUUID(), ...more },
        { authorization },
      ),
    complete: (signal?: AbortSignal) =>
      fetch(`${server.httpUrl}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({
          model: "two",
          stream: true,
          messages: [{ role: "user", content: "x".repeat(400) }],
        }),
        ...(signal !== undefined && { signal }),
      }),
    async get(path: string) {
      const response = await fetch(server.httpUrl + path, { headers: { authorization } });
      return (await response.json()) as Record<string, unknown>;
    },
    remove: (chatId: string) =>
      fetch(`${server.httpUrl}/v1/chats/${chatId}`, { method: "DELETE", headers: { authorization } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const once = { input_tokens: 30, output_tokens: 5, answers: 1, estimated: 0 };
const twice = { input_tokens: 60, output_tokens: 10, answers: 2, estimated: 0 };

describe.each(databases)("tokens that were used, on $name", ({ name }) => {
  test("are added up by day, model and chat, of what is broken off too, and stay when a chat goes", async () => {
    await using stage = await openStage(name);
    const first = await stage.ask();
    const { chatId } = contentOf(first.messages, "turn");
    await stage.ask({ chatId, model: "two" });
    await stage.ask({ temporary: true });
    expect(await stage.get("/v1/usage?by=chat")).toMatchObject({
      from: "2026-10-31",
      to: "2026-11-29",
      data: [
        { chat_id: chatId, title: "Hi", ...twice },
        { chat_id: null, title: null, ...once },
      ],
      limits: { day: null, month: null },
    });
    expect(await stage.get("/v1/usage?by=model")).toMatchObject({
      data: [
        { model: "one", ...twice },
        { model: "two", ...once },
      ],
    });

    await stage.advance(24 * HOUR_MS);
    const held = gate();
    stage.model.script(stream(say("word ".repeat(80)), held.step));
    const client = new AbortController();
    const reading = await stage.complete(client.signal);
    const { value } = (await reading.body?.getReader().read()) ?? {};
    expect(value?.length).toBeGreaterThan(0);
    client.abort();
    // About a quarter of the characters, and the frame of each message.
    const brokenOff = { input_tokens: 104, output_tokens: expect.any(Number), answers: 1, estimated: 1 };
    await expect
      .poll(() => stage.get("/v1/usage?from=2026-11-30"))
      .toMatchObject({
        data: [{ day: "2026-11-30", ...brokenOff }],
      });
    held.open();
    await stage.remove(chatId);
    const after = await stage.get("/v1/usage?by=chat&from=2026-11-29&to=2026-11-29");
    expect(after["data"]).toEqual([
      { chat_id: null, title: null, input_tokens: 90, output_tokens: 15, answers: 3, estimated: 0 },
    ]);
    const exported = (await stage.get("/auth/export"))["tokens"];
    expect(exported).toContainEqual({ day: "2026-11-29", model: "two", chat_id: chatId, ...once });
    expect(await stage.get("/v1/usage?from=2026-12-01")).toMatchObject({ error: { field: "from" } });
  });

  test("end with the limit of the day, on every wire, and begin again with the next day", async () => {
    await using stage = await openStage(name, { tokensPerDay: 60, tokensPerMonth: 100 });
    const asked = { clientMessageId: crypto.randomUUID() };
    expect(await stage.ask(asked)).toMatchObject({ code: 0 });
    expect(await stage.ask()).toMatchObject({ code: 0 });
    const refused = await stage.ask();
    expect(refused).toMatchObject({ code: 7, reason: "QUOTA_EXCEEDED" });
    expect(refused.details).toContain("on 2026-11-30 (UTC)");
    expect(refused.metadata.get("retry-after-ms")).toEqual([String(12 * HOUR_MS)]);
    // What was answered is said again.
    expect(await stage.ask(asked)).toMatchObject({ code: 0 });
    // Which is no fault of the server's.
    expect(stage.logger.lines.filter(({ level }) => ["warn", "error"].includes(level))).toEqual([]);
    const completion = await stage.complete();
    expect(completion.status).toBe(429);
    expect(completion.headers.get("retry-after")).toBe(String((12 * HOUR_MS) / 1000));
    expect(await completion.json()).toMatchObject({
      error: { type: "insufficient_quota", code: "insufficient_quota" },
    });
    expect(await stage.get("/v1/usage")).toMatchObject({
      limits: {
        day: { limit: 60, used: 70, free_at: "2026-11-30T00:00:00.000Z" },
        month: { limit: 100, used: 70, free_at: "2026-12-01T00:00:00.000Z" },
      },
    });
    expect(stage.model.requests).toHaveLength(2);

    await stage.advance(12 * HOUR_MS);
    expect(await stage.ask()).toMatchObject({ code: 0 });
    expect((await stage.ask()).details).toContain("on 2026-12-01 (UTC)");
  });
});
