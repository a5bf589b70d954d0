import { createChatEngine } from "#engine/chat/chat-engine.ts";
import type { ChatEngine, ChatEngineDeps } from "#engine/chat/chat-engine-api.ts";
import { answerText, type AssistantMessage, type ChatState, type UserMessage } from "#contract/chat-state.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import type { Outbox } from "#engine/ports.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { createFakeAsk } from "./fake-ask.ts";
import { createFakeHttp, type FakeHttp } from "./fake-http.ts";
import type { FaultyServer } from "./faulty-server.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeLogger, type FakeLogger } from "./fake-logger.ts";
import { createFakeSession, type FakeSession } from "./fake-session.ts";
import { createFakeTransport, type FakeTransport } from "./fake-transport.ts";

/** An engine among fakes, signed in as "ann". */
export interface ChatHarness {
  readonly engine: ChatEngine;
  readonly transport: FakeTransport;
  /** Where stored chats are; unreachable until the test answers. */
  readonly http: FakeHttp;
  readonly session: FakeSession;
  readonly outbox: Outbox;
  readonly clock: FakeClock;
  readonly logger: FakeLogger;
  state(): ChatState;
  question(id: string): UserMessage;
  answer(id: string): AssistantMessage | undefined;
  /** Text of the answer to `id`; "" without one. */
  text(id: string): string;
  /** Ids of ann's rows in the outbox, oldest first. */
  queued(): Promise<readonly string[]>;
}

/** What a test may set; with `answer` it is this server that is asked, instead of the test itself. */
export interface ChatHarnessDeps extends Partial<Omit<ChatEngineDeps, "ask">> {
  readonly session?: FakeSession;
  readonly answer?: FaultyServer["answer"];
}

export function createChatHarness({ answer: server, ...deps }: ChatHarnessDeps = {}): ChatHarness {
  const session = deps.session ?? createFakeSession("ann");
  const transport = createFakeTransport(session);
  const outbox = deps.outbox ?? createMemoryOutbox();
  const clock = createFakeClock();
  const logger = createFakeLogger();
  const http = createFakeHttp();
  let count = 0;
  const engine = createChatEngine({
    ask: server === undefined ? transport.ask : createFakeAsk(session, server),
    history: createHistoryClient(http),
    clock,
    logger,
    hardwareId: "hw",
    locale: "en",
    newId: () => `id-${(count += 1)}`,
    random: () => 0.5,
    ...deps,
    session,
    outbox,
  });
  const state = () => engine.store.getState();

  function question(id: string): UserMessage {
    const message = state().messages.find((other) => other.id === id);
    if (message?.role !== "user") throw new Error(`there is no question ${id}`);
    return message;
  }
  function answer(id: string): AssistantMessage | undefined {
    return state().messages.find((other) => other.role === "assistant" && other.replyTo === id) as
      | AssistantMessage
      | undefined;
  }

  return {
    engine,
    transport,
    http,
    session,
    outbox,
    clock,
    logger,
    state,
    question,
    answer,
    text(id) {
      const message = answer(id);
      return message === undefined ? "" : answerText(message);
    },
    queued: async () => (await outbox.list("ann")).map((row) => row.clientMessageId),
  };
}
