import { randomUUID } from "node:crypto";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import { TYPING_EVERY_MS } from "#contract/events/event-wire.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { failureText } from "#contract/texts/error-text.ts";
import { languageOfLocale } from "#contract/language.ts";
import { askedOf } from "#contract/rooms/question.ts";
import { BUILT_IN_MODEL } from "#server/domain/assistant/built-in/built-in-model.ts";
import type { AnswerModel, ModelChoices, ModelSource } from "#server/domain/assistant/ports.ts";
import { shortCall } from "#server/domain/assistant/short-call.ts";
import { localeOf } from "#server/domain/assistant/context/wording.ts";
import type { RunningAnswers } from "#server/domain/limits/running-answers.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import { repeat } from "#server/domain/repeat.ts";
import type { TokenUseStore } from "#server/domain/usage/ports.ts";
import type { Quotas } from "#server/domain/usage/quotas.ts";
import type { RoomAnswerStore } from "./answer-ports.ts";
import { ROOM_CHANNEL, type NewRoomMessage, type RoomEntry, type RoomHint, type RoomStore } from "./ports.ts";
import type { RoomLive } from "./room-live.ts";
import { picturedOf, roomPrompt, roomWording } from "./room-prompt.ts";
import { warnUnlessTold } from "../outage.ts";

/** A server says on it that somebody wants no more of an answer. */
const STOP_CHANNEL = "room-answer-stops";
/** How often it is looked whether an answer is still wanted, where the bus does not say so. */
const LOOK_MS = 1_000;
/** How often it is looked whether another server has left one: it is told within 40 s, with the lease and what the looking takes. */
const LOST_EVERY_MS = 8_000;
/** A server that has not looked for so long is gone. */
const LEASE_MS = 30_000;
/** Messages before the question that are read. */
const READ_BEFORE = 40;
const ANSWER_TIMEOUT_MS = 10 * 60_000;

/** Why an answer ends before its end. */
type End = "stopped" | "interrupted" | "unwanted";

interface RoomAssistantDeps {
  readonly rooms: Pick<RoomStore, "history" | "picture">;
  readonly answers: RoomAnswerStore;
  readonly models: ModelSource;
  readonly choices: Pick<ModelChoices, "chosen">;
  readonly quotas: Pick<Quotas, "check">;
  readonly tokenUse: Pick<TokenUseStore, "add">;
  readonly running: RunningAnswers;
  readonly live: Pick<RoomLive, "assistantTypes">;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Running {
  readonly roomId: string;
  readonly stop: AbortController;
  readonly work: Promise<void>;
}

/** A question that has its place among the answers of its account; to be begun, or disposed of. */
export interface TakenQuestion extends Disposable {
  readonly answeredBy: NonNullable<NewRoomMessage["answeredBy"]>;
  /** Returns at once; the answer goes into the room. */
  begin(question: RoomEntry): void;
}

/**
 * Answers messages that begin with "@pipit", into their room, as one message for all. The answer is its asker's: their limits, their
 * tokens, and theirs to stop or delete. The model reads the last messages of the room and nothing else of anybody. That it is
 * owed stands in the database from the question on, so a server that goes on after another was killed says so in the room.
 */
export class RoomAssistant implements AsyncDisposable {
  readonly #deps: RoomAssistantDeps;
  readonly #ownerId = randomUUID();
  readonly #running = new Map<string, Running>();
  readonly #looks: AsyncDisposableStack;

  constructor(deps: RoomAssistantDeps) {
    this.#deps = deps;
    deps.bus.subscribe<{ readonly questionId: string }>(STOP_CHANNEL, ({ questionId }) =>
      this.#end(questionId, "stopped"),
    );
    this.#looks = new AsyncDisposableStack();
    const type = async (): Promise<void> => this.#type();
    this.#looks.use(repeat(type, { firstAfterMs: TYPING_EVERY_MS, everyMs: TYPING_EVERY_MS }));
    this.#looks.use(repeat(() => this.#look(), { firstAfterMs: LOOK_MS, everyMs: LOOK_MS }));
    this.#looks.use(repeat(() => this.#lookForLost(), { firstAfterMs: LOOK_MS, everyMs: LOST_EVERY_MS }));
  }

  /** Undefined: the message asks nothing of the assistant. Throws STREAM_LIMIT. */
  take(userId: string, text: string): TakenQuestion | undefined {
    if (askedOf(text) === undefined) return undefined;
    using taking = new DisposableStack();
    taking.use(this.#deps.running.enter(userId, undefined));
    const place = taking.move();
    return {
      answeredBy: { ownerId: this.#ownerId, leaseMs: LEASE_MS },
      begin: (question) => this.#begin(question, place.move()),
      [Symbol.dispose]: () => place[Symbol.dispose](),
    };
  }

  /** Throws as {@link RoomAnswerStore.stop}. An answer that stands in the room stays. */
  async stop(userId: string, roomId: string, questionId: string): Promise<void> {
    await this.#deps.answers.stop(userId, roomId, questionId);
    void this.#deps.bus.publish(STOP_CHANNEL, { questionId });
  }

  /** Answers that are being given say in their rooms that they were interrupted. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#looks.disposeAsync();
    const all = [...this.#running.values()];
    for (const questionId of this.#running.keys()) this.#end(questionId, "interrupted");
    await Promise.all(all.map(({ work }) => work));
  }

  #begin(question: RoomEntry, place: Disposable): void {
    const stop = new AbortController();
    const work = this.#answer(question, stop.signal)
      .then((text) => this.#say(question, this.#ownerId, text))
      // Its lease runs out, and then it is said that it was interrupted.
      .catch((error: unknown) =>
        this.#deps.logger.error("room answer lost", { questionId: question.id, error }),
      )
      .finally(() => {
        place[Symbol.dispose]();
        this.#running.delete(question.id);
      });
    this.#running.set(question.id, { roomId: question.roomId, stop, work });
    this.#deps.live.assistantTypes(question.roomId);
  }

  /** Said again, as a person's client does. */
  #type(): void {
    for (const roomId of new Set(this.#running.values().map((running) => running.roomId)))
      this.#deps.live.assistantTypes(roomId);
  }

  #end(questionId: string, why: End): void {
    this.#running.get(questionId)?.stop.abort(why);
  }

  /** Resolves to what is said in the room, whatever happens; undefined: nothing. */
  async #answer(question: RoomEntry, signal: AbortSignal): Promise<string | undefined> {
    let soFar = "";
    try {
      const model = await this.#modelFor(question.authorId, signal);
      if (model.name === BUILT_IN_MODEL) return roomWording(question.text).noModel;
      return await this.#ask(question, model, signal, (text) => (soFar = text));
    } catch (reason) {
      return this.#unfinished(question, soFar, signal.aborted ? signal.reason : reason);
    }
  }

  async #modelFor(userId: string, signal: AbortSignal): Promise<AnswerModel> {
    const { models, choices, quotas } = this.#deps;
    await quotas.check(userId);
    const chosen = await choices.chosen(userId, undefined);
    try {
      return await models.current(signal, chosen);
    } catch (error) {
      if (chosen === undefined || PipitError.from(error).code !== "MODEL_MISSING") throw error;
      return models.current(signal);
    }
  }

  async #ask(
    question: RoomEntry,
    model: AnswerModel,
    signal: AbortSignal,
    onText: (text: string) => void,
  ): Promise<string> {
    const { rooms, clock } = this.#deps;
    const { authorId: userId, roomId, seq } = question;
    const { messages } = await rooms.history(userId, roomId, { at: "before", seq }, READ_BEFORE);
    const standing = messages.filter(({ deletedAtMs }) => deletedAtMs === undefined);
    const pictured = picturedOf(question, standing);
    const picture = pictured && (await rooms.picture(userId, roomId, pictured.id));
    const shown = picture && { id: pictured.id, jpeg: picture.jpeg };
    const prompt = roomPrompt(question, standing, clock.nowMs(), shown);
    const call = { ...prompt, maxChars: ROOM_MESSAGE_MAX_CHARS, timeoutMs: ANSWER_TIMEOUT_MS, onText };
    return shortCall(this.#deps, { userId, chatId: undefined }, model, call, signal);
  }

  #unfinished({ id, roomId, text }: RoomEntry, soFar: string, reason: unknown): string | undefined {
    const end = reason as End;
    if (end === "unwanted") return undefined;
    const words = roomWording(text);
    if (end === "stopped" || end === "interrupted") return joined(soFar, words[end]);
    const error = PipitError.from(reason);
    warnUnlessTold(this.#deps.logger, "room answer failed", error, { questionId: id, roomId });
    return joined(soFar, `(${failureText(error, languageOfLocale(localeOf(undefined, text)))})`);
  }

  async #say(
    { id, roomId }: Pick<RoomEntry, "id" | "roomId">,
    ownerId: string | undefined,
    text: string | undefined,
  ) {
    if (text === undefined) return;
    const said = await this.#deps.answers.finish(id, ownerId, text);
    if (said !== undefined) void this.#deps.bus.publish(ROOM_CHANNEL, { roomId } satisfies RoomHint);
  }

  /** Whether the answers of this server are still wanted. */
  async #look(): Promise<void> {
    if (this.#running.size === 0) return;
    const { answers, logger } = this.#deps;
    try {
      const before = [...this.#running.keys()];
      // Not those that it owes and does not give: one was stored and its acknowledgement lost, or its answer was.
      const wanted = await answers.renew(this.#ownerId, before, LEASE_MS);
      for (const questionId of before) {
        const isWanted = wanted.get(questionId);
        if (isWanted === undefined) this.#end(questionId, "unwanted");
        else if (isWanted.stopped) this.#end(questionId, "stopped");
      }
    } catch (error) {
      warnUnlessTold(logger, "room answers could not be renewed", error);
    }
  }

  /** Says of what other servers have left that it was interrupted. */
  async #lookForLost(): Promise<void> {
    const { answers, logger } = this.#deps;
    try {
      for (const question of await answers.lost())
        await this.#say(question, undefined, roomWording(question.text).interrupted);
    } catch (error) {
      warnUnlessTold(logger, "lost room answers could not be told", error);
    }
  }
}

/** Never longer than a message. */
function joined(text: string, end: string): string {
  const most = ROOM_MESSAGE_MAX_CHARS - end.length - 2;
  return [text.trim().slice(0, most).toWellFormed(), end].filter((part) => part !== "").join("\n\n");
}
