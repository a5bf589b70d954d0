import { accountOf } from "#server/testing/account-of.ts";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StreamResponse, StreamingService } from "#proto/streaming_pb.ts";
import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { noMetrics } from "#server/testing/no-metrics.ts";
import { createTurnService } from "#server/domain/assistant/turn-service.ts";
import { Pictures } from "#server/domain/pictures/pictures.ts";
import type { TurnService } from "#server/domain/assistant/turn-types.ts";
import { systemClock } from "#server/domain/clock.ts";
import { callerKey } from "#server/rpc/kit/call-context.ts";
import { createErrorInterceptor } from "#server/rpc/kit/error-interceptor.ts";
import { RunningAnswers } from "#server/domain/limits/running-answers.ts";
import { createStreamingHandlers } from "#server/rpc/streaming/streaming-service.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { collect } from "#tests/doubles/collect.ts";
import { EchoSpeech } from "#tests/doubles/echo-speech.ts";
import { HandDrivenModel } from "#tests/doubles/hand-driven-model.ts";

// Two people on one server, client and handlers joined in memory; who calls is what the auth interceptor would say.

const logger = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let store: Store;
let turns: TurnService;
let model: HandDrivenModel;
const pictures = new Pictures();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-users-"));
  store = await openStore({ file: join(folder, "pipit.db"), clock: systemClock, logger });
  for (const id of ["ann", "bob"]) {
    await store.auth.accounts.create(accountOf({ id }));
  }
  model = new HandDrivenModel();
  turns = createTurnService({
    chats: store.chats,
    turns: store.turns,
    summaries: store.summaries,
    compaction: { consider() {} },
    aside: { consider() {} },
    memories: store.auth.memories,
    projects: store.auth.projects,
    quotas: { async check() {} },
    choices: store.modelChoices,
    accounts: store.auth.accounts,
    models: model.source(),
    toolsFor: () => [],
    bus: createMemoryBus(),
    speech: new EchoSpeech(),
    pictures,
    clock: systemClock,
    logger,
    metrics: noMetrics,
    ownerId: "here",
  });
});
afterAll(async () => {
  await turns[Symbol.asyncDispose]();
  await pictures[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function clientOf(userId: string | undefined) {
  const signIn: Interceptor = (next) => (request) => {
    if (userId !== undefined) {
      request.contextValues.set(callerKey, {
        userId,
        clientId: "test",
        scope: [],
        anonymous: false,
        kind: "user",
      });
    }
    return next(request);
  };
  const service = createStreamingHandlers({
    turns,
    speech: new EchoSpeech(),
    store,
    bus: createMemoryBus(),
    clock: systemClock,
    logger,
    running: new RunningAnswers({ answersPerAccount: 20, answersPerAddress: 200 }),
  });
  const transport = createRouterTransport((router) => router.service(StreamingService, service), {
    router: { interceptors: [createErrorInterceptor(logger), signIn] },
  });
  return createClient(StreamingService, transport);
}

describe("two people with the same hardware id", () => {
  test("each interrupts only one's own answers", async () => {
    const [ann, bob] = [clientOf("ann"), clientOf("bob")];
    const index = model.asked.length;
    const answer = collect(
      ann.streamAudio({ prompt: "Hi", hardwareId: "mac", sessionId: "a", speak: false }),
    );
    const asked = await model.question(index);
    expect(await bob.interruptSession({ hardwareId: "mac" })).toMatchObject({
      success: true,
      interruptedSessions: [],
    });
    expect(asked.signal.aborted).toBe(false);
    const cancelled = expect(answer).rejects.toMatchObject({ code: Code.Canceled });
    expect(await ann.interruptSession({ hardwareId: "mac" })).toMatchObject({ interruptedSessions: ["a"] });
    expect(asked.signal.aborted).toBe(true);
    await cancelled;
  });

  test("neither joins, replays nor continues what the other asked", async () => {
    const clientMessageId = randomUUID();
    const chats: string[] = [];
    for (const user of ["ann", "bob"]) {
      const index = model.asked.length;
      const answer = collect(
        clientOf(user).streamAudio({ prompt: "Hi", hardwareId: "mac", clientMessageId, speak: false }),
      );
      const asked = await model.question(index);
      asked.say(`for ${user}`);
      asked.end();
      const messages: StreamResponse[] = await answer;
      expect(messages.map(({ content }) => content)).toContainEqual({
        case: "textChunk",
        value: `for ${user}`,
      });
      chats.push(
        ...messages.flatMap(({ content }) => (content.case === "turn" ? [content.value.chatId] : [])),
      );
    }
    const [annsChat, bobsChat] = chats;
    expect(annsChat).not.toBe(bobsChat);
    const peek = collect(
      clientOf("bob").streamAudio({ prompt: "Hi", hardwareId: "mac", chatId: annsChat ?? "" }),
    );
    await expect(peek).rejects.toMatchObject({ code: Code.NotFound });
  });
});

test("without a caller nothing is answered, even if an interceptor were missing", async () => {
  const stranger = clientOf(undefined);
  const before = model.asked.length;
  await expect(collect(stranger.streamAudio({ prompt: "Hi", hardwareId: "mac" }))).rejects.toMatchObject({
    code: Code.Unauthenticated,
  });
  await expect(stranger.interruptSession({ hardwareId: "mac" })).rejects.toMatchObject({
    code: Code.Unauthenticated,
  });
  expect(model.asked).toHaveLength(before);
});
