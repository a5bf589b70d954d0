import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { Compaction } from "#server/domain/assistant/compaction.ts";
import { noMetrics } from "#server/testing/no-metrics.ts";
import { createTurnService } from "#server/domain/assistant/turn-service.ts";
import { Pictures } from "#server/domain/pictures/pictures.ts";
import type { Question, TurnEvent, TurnService } from "#server/domain/assistant/turn-types.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Turn } from "#server/domain/chats/ports.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { writeMigratedFile } from "#server/testing/sqlite-template.ts";
import { EchoSpeech } from "#tests/doubles/echo-speech.ts";
import { HandDrivenModel } from "#tests/doubles/hand-driven-model.ts";

const logger = { debug() {}, info() {}, warn() {}, error() {} };

export const ann: Caller = { userId: "ann", clientId: "test", scope: [], anonymous: false, kind: "user" };
export const bob: Caller = { ...ann, userId: "bob" };

/** A turn service against the real store; the model is driven by hand so that every moment can be held. */
export interface TurnStage extends AsyncDisposable {
  readonly store: Store;
  readonly model: HandDrivenModel;
  readonly speech: EchoSpeech;
  /** Owner of its turns is "process-1". */
  readonly service: TurnService;
  /** What the clock shows; only tests move it. */
  nowMs(): number;
  advance(durationMs: number): void;
  /** Another process with the same store; the caller disposes of it. */
  startService(ownerId: string): TurnService;
  /** Ann asks {@link TurnStage.service}, if not said otherwise. */
  read(asked: Question, caller?: Caller, from?: TurnService): Reader;
  /** Ann asks, the model says `answer`, and all of it arrives. */
  ask(changes: Partial<Question>, answer: string): Promise<Reader>;
  /** The newest ended turn of Ann's newest chat. */
  newestTurn(): Promise<Turn | undefined>;
}

/** Sets the stage for one test: accounts of Ann and Bob, no chats. */
export async function openTurnStage(): Promise<TurnStage> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-turns-"));
  let nowMs = 1_000_000;
  const clock = { nowMs: () => nowMs };
  const file = join(folder, "pipit.db");
  await writeMigratedFile(file);
  const store = await openStore({ file, clock, logger });
  for (const id of ["ann", "bob"]) {
    await store.auth.accounts.create(accountOf({ id }));
  }
  const model = new HandDrivenModel();
  const speech = new EchoSpeech();
  const pictures = new Pictures();
  const compaction = new Compaction({ ...store, clock, logger });

  function startService(ownerId: string): TurnService {
    return createTurnService({
      chats: store.chats,
      turns: store.turns,
      summaries: store.summaries,
      compaction,
      aside: { consider() {} },
      memories: store.auth.memories,
      projects: store.auth.projects,
      quotas: { async check() {} },
      choices: store.modelChoices,
      accounts: store.auth.accounts,
      models: model.source(),
      toolsFor: () => [],
      bus: createMemoryBus(),
      speech,
      pictures,
      clock,
      logger,
      metrics: noMetrics,
      ownerId,
    });
  }
  const service = startService("process-1");

  function read(asked: Question, caller: Caller = ann, from: TurnService = service): Reader {
    return new Reader((signal) => from.answer(asked, caller, signal));
  }

  return {
    store,
    model,
    speech,
    service,
    nowMs: clock.nowMs,
    advance(durationMs) {
      nowMs += durationMs;
    },
    startService,
    read,
    async ask(changes, answer) {
      const index = model.asked.length;
      const reader = read(question(changes));
      const asked = await model.question(index);
      asked.say(answer);
      asked.end();
      expect(await reader.done).toBeUndefined();
      return reader;
    },
    async newestTurn() {
      const [chat] = await store.chats.list("ann", 1);
      return chat === undefined ? undefined : (await store.turns.recent("ann", chat.id, 1))[0];
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await compaction[Symbol.asyncDispose]();
      await pictures[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function question(changes: Partial<Question> = {}): Question {
  return {
    prompt: "Why is the sky blue?",
    clientMessageId: "0190f5d0-0000-7000-8000-000000000001",
    chatId: undefined,
    screenshot: undefined,
    speak: false,
    locale: undefined,
    model: undefined,
    searchAllChats: false,
    hardwareId: "mac",
    sessionId: "session",
    ...changes,
  };
}

/** Reads an answer in the background; `events` fills as it comes. */
export class Reader {
  readonly events: TurnEvent[] = [];
  readonly controller = new AbortController();
  /** How it ended: `undefined` for a whole answer. */
  readonly done: Promise<PipitError | undefined>;
  #wake: (() => void)[] = [];

  constructor(answer: (signal: AbortSignal) => AsyncIterable<TurnEvent>) {
    this.done = this.#read(answer(this.controller.signal));
  }

  get text(): string {
    return textOf(this.events);
  }

  get audio(): string {
    return audioOf(this.events);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Resolves when the events satisfy the test. */
  async until(satisfied: (reader: Reader) => boolean): Promise<void> {
    while (!satisfied(this)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async #read(answer: AsyncIterable<TurnEvent>): Promise<PipitError | undefined> {
    try {
      for await (const event of answer) {
        this.events.push(event);
        for (const wake of this.#wake.splice(0)) wake();
      }
      return undefined;
    } catch (error) {
      return PipitError.from(error);
    }
  }
}

export function textOf(events: readonly TurnEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.text : "")).join("");
}

export function audioOf(events: readonly TurnEvent[]): string {
  return events.map((event) => (event.type === "audio" ? new TextDecoder().decode(event.pcm) : "")).join("");
}

export function chatOf(reader: Reader): string {
  const turn = reader.events.find((event) => event.type === "turn");
  if (turn === undefined) throw new Error("no turn event");
  return turn.chatId;
}
