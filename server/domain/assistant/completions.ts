import { randomUUID } from "node:crypto";
import { ANSWER_MAX_CHARS } from "#contract/limits.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "../access/caller.ts";
import type { TokenUseStore } from "../usage/ports.ts";
import type { Quotas } from "../usage/quotas.ts";
import type { Pictures } from "../pictures/pictures.ts";
import { abortable } from "../abortable.ts";
import type { AnswerPart, ClientTools, FinishReason, ModelMessage, ModelSource } from "./ports.ts";
import { usedTokens, type Used } from "./used-tokens.ts";
import type { Question, TurnEvent, TurnService } from "./turn-types.ts";

/** What its questions have where others have the machine they came from. */
const HARDWARE_ID = "openai-api";

/** A question as a client of the OpenAI API asks it: with all that was said before. */
export interface Completion {
  /** Absent: the chosen one, else the server's own choice. */
  readonly model: string | undefined;
  readonly messages: readonly AskedMessage[];
  /** Fields for the model server, by their names on its wire. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly clientTools: ClientTools;
  /** The chat in which the last message is asked, and kept; without an id a new one. Undefined: nothing is kept. */
  readonly chat: { readonly id: string | undefined; readonly searchAllChats: boolean } | undefined;
}
/** A message whose pictures are still as they came. */
export type AskedMessage = Omit<ModelMessage, "images" | "files"> & {
  /** JPEG, PNG or WebP, at most SCREENSHOT_MAX_BYTES each. */
  readonly pictures: readonly Uint8Array[];
};

/** What an answer says, until its end. */
export type CompletionEvent =
  | Extract<TurnEvent, { type: "text" | "reasoning" | "tool" }>
  | Extract<AnswerPart, { type: "call" }>
  | {
      readonly type: "end";
      readonly finish: FinishReason;
      readonly inputTokens: number;
      readonly outputTokens: number;
    };

/** An answer that has begun. */
export interface BegunCompletion {
  /** Undefined: told by no one yet, and it was not asked for by name. */
  readonly model: string | undefined;
  readonly chatId: string | undefined;
  readonly events: AsyncIterable<CompletionEvent>;
}

interface CompletionDeps {
  readonly models: ModelSource;
  readonly turns: Pick<TurnService, "answer">;
  readonly pictures: Pictures;
  readonly tokenUse: Pick<TokenUseStore, "add">;
  readonly quotas: Pick<Quotas, "check">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Answers for clients of the OpenAI API. */
export type Completions = ReturnType<typeof createCompletions>;

export function createCompletions(deps: CompletionDeps) {
  return {
    /**
     * Resolves when the model says its first word, or has let `patienceMs` pass without one. Without a chat the model gets
     * the client's messages alone: no prompt and no tools of ours. Aborting `signal`, or leaving the loop, stops the model.
     *
     * @throws PipitError as {@link TurnService.answer}; so does the iteration
     */
    begin: (
      asked: Completion,
      caller: Caller,
      signal: AbortSignal,
      patienceMs?: number,
    ): Promise<BegunCompletion> =>
      asked.chat === undefined
        ? relay(deps, asked, caller, signal, patienceMs)
        : askInChat(deps, asked, caller, signal, patienceMs),
  };
}

async function relay(
  deps: CompletionDeps,
  { model: wanted, messages, fields, clientTools }: Completion,
  { userId }: Caller,
  signal: AbortSignal,
  patienceMs: number | undefined,
): Promise<BegunCompletion> {
  await deps.quotas.check(userId);
  const model = await deps.models.current(signal, wanted);
  const scaled: ModelMessage[] = [];
  for (const { pictures, ...message } of messages) {
    const images: Uint8Array[] = [];
    for (const picture of pictures) images.push((await deps.pictures.scale(picture, userId, signal)).jpeg);
    scaled.push(images.length === 0 ? message : { ...message, images });
  }
  const request = { messages: scaled, tools: [], locale: "en", fields, clientTools };
  const parts = abortable(model.answer(request, signal), signal);
  return {
    model: model.name,
    chatId: undefined,
    events: await begun(relayed(deps, parts, { userId, model: model.name, asked: scaled }), patienceMs),
  };
}

async function* relayed(
  deps: CompletionDeps,
  parts: AsyncIterable<AnswerPart>,
  about: { readonly userId: string; readonly model: string; readonly asked: readonly ModelMessage[] },
): AsyncGenerator<CompletionEvent> {
  let usage = { inputTokens: 0, outputTokens: 0 };
  let finish: FinishReason = "stop";
  let chars = 0;
  const said: string[] = [];
  let failed = false;
  try {
    for await (const part of parts) {
      if (part.type === "usage") {
        const { inputTokens, outputTokens } = part;
        usage = { inputTokens, outputTokens };
        finish = part.finish ?? finish;
      } else if (part.type === "text" || part.type === "reasoning") {
        said.push(part.text);
        yield part;
        chars += part.text.length;
        if (chars >= ANSWER_MAX_CHARS) {
          finish = "length";
          break;
        }
      } else if (part.type === "call") yield part;
    }
  } catch (error) {
    failed = PipitError.from(error).code !== "CANCELLED";
    throw error;
  } finally {
    // Also when the client has left.
    await countUse(deps, about, usedTokens({ ...about, ...usage }, about.asked, said, failed));
  }
  yield { type: "end", finish, ...usage };
}

/** The answer is there: that it is not counted is no reason to refuse it. */
async function countUse(
  { tokenUse, clock, logger }: CompletionDeps,
  { userId, model }: { readonly userId: string; readonly model: string },
  used: Used | undefined,
): Promise<void> {
  if (used === undefined) return;
  await tokenUse
    .add({ userId, model, ...used, chatId: undefined, atMs: clock.nowMs() })
    .catch((error: unknown) => logger.error("usage could not be stored", { error }));
}

async function askInChat(
  { turns }: CompletionDeps,
  { model, messages, fields, chat }: Completion,
  caller: Caller,
  signal: AbortSignal,
  patienceMs: number | undefined,
): Promise<BegunCompletion> {
  const question = messages.findLast(({ role }) => role === "user");
  if (question === undefined || question.text.trim() === "") {
    throw new PipitError("PROMPT_EMPTY", "The last message of the user is empty.", { field: "messages" });
  }
  if (question.pictures.length > 1) {
    throw new PipitError("INVALID_REQUEST", "messages: a question of a chat has one picture at most.", {
      field: "messages",
    });
  }
  const asked: Question = {
    prompt: question.text,
    clientMessageId: undefined,
    chatId: chat?.id,
    screenshot: question.pictures[0],
    speak: false,
    locale: undefined,
    searchAllChats: chat?.searchAllChats ?? false,
    model,
    fields,
    hardwareId: HARDWARE_ID,
    sessionId: randomUUID(),
  };
  const told: { chatId?: string } = {};
  const events = await begun(ofTurn(turns.answer(asked, caller, signal), told), patienceMs);
  return { model, chatId: told.chatId, events };
}

/** @param told gets what the turn says of itself */
async function* ofTurn(
  events: AsyncIterable<TurnEvent>,
  told: { chatId?: string },
): AsyncGenerator<CompletionEvent> {
  let usage = { inputTokens: 0, outputTokens: 0 };
  let finish: FinishReason = "stop";
  for await (const event of events) {
    switch (event.type) {
      case "turn":
        told.chatId = event.chatId;
        break;
      case "notice":
        if (event.code === "ANSWER_CUT") finish = "length";
        if (event.code === "ANSWER_FILTERED") finish = "content-filter";
        break;
      case "usage": {
        const { inputTokens, outputTokens } = event;
        usage = { inputTokens, outputTokens };
        break;
      }
      case "text":
      case "reasoning":
      case "tool":
        yield event;
        break;
      default:
    }
  }
  yield { type: "end", finish, ...usage };
}

/**
 * Waits for the first event, but no longer than the client should be left without an answer, so that what fails before it
 * can be told by the status. No generator around the others: each would cost every event.
 */
async function begun(
  events: AsyncGenerator<CompletionEvent>,
  patienceMs: number | undefined,
): Promise<AsyncIterable<CompletionEvent>> {
  let first: Promise<IteratorResult<CompletionEvent>> | undefined = events.next();
  // A client that leaves meanwhile never reads what it fails with.
  first.catch(() => undefined);
  await (patienceMs === undefined ? first : within(patienceMs, first));
  const iterator: AsyncIterator<CompletionEvent> = {
    next() {
      const given = first;
      first = undefined;
      return given ?? events.next();
    },
    return: () => events.return(undefined),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function within(ms: number, waiting: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  try {
    await Promise.race([waiting, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
