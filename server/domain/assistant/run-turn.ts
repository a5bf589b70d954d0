import { randomUUID } from "node:crypto";
import { ANSWER_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "../access/caller.ts";
import { chatForQuestion } from "../chats/chat-for-question.ts";
import type { Chat, FinishTurn, Picture, Turn } from "../chats/ports.ts";
import { abortable } from "./abortable.ts";
import { eventOf, partsOf } from "./answer-parts.ts";
import { publishLate } from "./aside.ts";
import type { AnsweredTurn } from "./compaction.ts";
import type { LiveTurn } from "./live-turn.ts";
import { modelFor } from "./model-for.ts";
import type { AnswerModel, AnswerPart, ModelMessage } from "./ports.ts";
import { isNews, knownIn, promptFor } from "./context/prompt.ts";
import { textPieces } from "./text-pieces.ts";
import { runningElsewhere, type TurnRelay } from "./turn-relay.ts";
import { usedTokens } from "./used-tokens.ts";
import { TurnSpeech } from "./turn-speech.ts";
import type { Question, TurnDeps, TurnEvent } from "./turn-types.ts";
import { localeOf, wording } from "./context/wording.ts";

/** How long a running turn belongs to this process without a sign of life. */
export const LEASE_MS = 9_000;

/** What an answer needs besides the question. */
interface RunDeps extends TurnDeps {
  readonly relay: TurnRelay;
}

/** One question on its way through this process. */
interface Run {
  readonly deps: RunDeps;
  readonly live: LiveTurn;
  readonly question: Question;
  readonly caller: Caller;
  readonly userId: string;
  readonly locale: string;
  readonly speech: TurnSpeech;
}

/** A turn of the store, and whether it is ours to answer now. */
interface Found {
  readonly turn: Turn;
  readonly begun: boolean;
}

/** The facts about the answer besides its text. */
interface Draft {
  model: string | undefined;
  inputTokens: number;
  outputTokens: number;
  /** What the model was told; empty until it is asked. */
  asked: readonly ModelMessage[];
}

/**
 * Answers one question into `live`: finds its chat, begins or finds its turn, asks the model or replays, and stores the
 * answer. Resolves when all is said and stored; throws PipitError, after having stored what there was.
 */
export async function runTurn(
  deps: RunDeps,
  live: LiveTurn,
  question: Question,
  caller: Caller,
): Promise<void> {
  const locale = localeOf(question.locale, question.prompt);
  const speech = new TurnSpeech(deps.speech, live, locale, deps.logger);
  const run: Run = { deps, live, question, caller, userId: caller.userId, locale, speech };
  // Before anything is stored: a broken picture must not leave a failed turn behind.
  const picture =
    question.screenshot === undefined
      ? undefined
      : await deps.pictures.scale(question.screenshot, run.userId, live.signal);
  question.screenshot = undefined;
  live.signal.throwIfAborted();
  const chat = await chatForQuestion(deps.chats, {
    ...question,
    userId: run.userId,
    nowMs: deps.clock.nowMs(),
  });
  live.signal.throwIfAborted();
  const found = await beginTurn(run, chat, picture);
  try {
    const followed = isElsewhere(found) && (await follow(run, found.turn));
    if (!followed)
      await answer(run, isElsewhere(found) ? await beginTurn(run, chat, picture) : found, chat, picture);
    await speech.finish();
  } finally {
    speech.stop();
  }
  live.signal.throwIfAborted();
}

async function beginTurn(run: Run, chat: Chat, picture: Picture | undefined): Promise<Found> {
  const { deps, question } = run;
  const begin = (): Promise<Found> =>
    deps.turns.begin({
      turnId: randomUUID(),
      chatId: chat.id,
      userId: run.userId,
      clientMessageId: question.clientMessageId,
      userText: question.prompt,
      hadImage: picture !== undefined,
      picture,
      files: question.files ?? [],
      parentTurnId: question.parentTurnId,
      ownerId: deps.ownerId,
      nowMs: deps.clock.nowMs(),
      leaseMs: LEASE_MS,
    });
  const found = await begin();
  if (!isElsewhere(found) || found.turn.ownerId !== deps.ownerId) return found;
  // Ours, yet this process is not answering it: an earlier try could not be stored (a full disk, say). Give it up.
  await deps.turns.finish({ ...emptyFinish(found.turn, deps.clock.nowMs()), status: "failed" });
  return begin();
}

function isElsewhere({ turn, begun }: Found): boolean {
  return !begun && turn.status === "running";
}

/** Passes on the events of an answer that another process gives. False: that process gives it no more. */
function follow(run: Run, turn: Turn): Promise<boolean> {
  const { live, question, speech } = run;
  return run.deps.relay.follow(turn, question, live, (event) => {
    tell(run, event);
    if (event.type === "turn") live.attachSpeech(speech);
  });
}

async function answer(run: Run, found: Found, chat: Chat, picture: Picture | undefined): Promise<void> {
  const { turn, begun } = found;
  if (isElsewhere(found)) throw runningElsewhere();
  const { id: turnId, chatId, parentTurnId = "" } = turn;
  run.live.publish({ type: "turn", chatId, turnId, parentTurnId, replayed: !begun });
  run.live.attachSpeech(run.speech);
  if (begun) await askModel(run, turn, chat, picture?.jpeg);
  else await replay(run, turn, chat);
}

/** The first turn of a chat tells its title. */
async function publishTitle(run: Run, chat: Chat, turn: Turn): Promise<void> {
  if (turn.index !== 0) return;
  const owner = chat.id === turn.chatId ? chat : await run.deps.chats.find(run.userId, turn.chatId);
  if (owner !== undefined) run.live.publish({ type: "title", title: owner.title });
}

/** Says a stored answer again. */
async function replay(run: Run, turn: Turn, chat: Chat): Promise<void> {
  await publishTitle(run, chat, turn);
  for (const part of turn.parts) {
    if (part.kind === "text") for (const text of textPieces(part.text)) tell(run, { type: "text", text });
    else tell(run, eventOf(part));
  }
  run.live.publish({
    type: "usage",
    inputTokens: turn.inputTokens,
    outputTokens: turn.outputTokens,
    model: turn.model ?? "",
  });
}

async function askModel(run: Run, turn: Turn, chat: Chat, image: Uint8Array | undefined): Promise<void> {
  const { deps, live } = run;
  const draft: Draft = { model: undefined, inputTokens: 0, outputTokens: 0, asked: [] };
  let answered: AnsweredTurn;
  try {
    await deps.quotas.check(run.userId);
    await publishTitle(run, chat, turn);
    answered = await streamAnswer(run, turn, chat, image, draft);
  } catch (error) {
    run.speech.stop();
    const failure = PipitError.from(live.signal.aborted ? live.signal.reason : error);
    await storeUnfinished(run, turn, draft, failure);
    throw failure;
  }
  // The voice goes on meanwhile: it ends seconds after the text.
  await deps.turns.finish(finishOf(run, turn, draft, "done"));
  deps.compaction.consider(answered);
  live.publish({
    type: "usage",
    inputTokens: draft.inputTokens,
    outputTokens: draft.outputTokens,
    model: draft.model ?? "",
  });
}

async function streamAnswer(
  run: Run,
  turn: Turn,
  chat: Chat,
  image: Uint8Array | undefined,
  draft: Draft,
): Promise<AnsweredTurn> {
  const { deps, live, userId, locale, question } = run;
  live.signal.throwIfAborted();
  const known = await knownIn(deps, chat, run.caller);
  const [model, prompt] = await Promise.all([
    modelFor(deps, { ...turn, locale, wanted: question.model }, live),
    promptFor(deps, turn, question, known, image, locale),
  ]);
  draft.model = model.name;
  publishLate(live, known.memories, turn);
  draft.asked = prompt.messages;
  if (isNews(prompt)) {
    live.publish({ type: "notice", code: "EARLIER_SUMMARISED", text: wording(locale).earlierSummarised });
  }
  const searchAllChats = question.searchAllChats && !chat.temporary;
  const tools = deps.toolsFor({ userId, chatId: turn.chatId, locale, searchAllChats });
  const request = { messages: prompt.messages, tools, locale, fields: question.fields };
  const aside = { ...run, turn, chat, model, remembers: known.remembers };
  await takeParts(run, model, request, draft, () => deps.aside.consider(aside));
  if (live.log.pieces("text").every((text) => text.trim() === "")) {
    throw new PipitError(
      "MODEL_FAILED",
      `The model "${model.name}" gave an empty answer. Ask again, or differently.`,
    );
  }
  return { turn, model, locale, earlier: prompt.earlier, answer: live.log.pieces("text") };
}

/** @param onBegun called when the model has said something, so that what is asked beside it stands behind it in its queue */
async function takeParts(
  run: Run,
  model: AnswerModel,
  request: Parameters<AnswerModel["answer"]>[0],
  draft: Draft,
  onBegun: () => void,
): Promise<void> {
  const { live } = run;
  let begun: (() => void) | undefined = onBegun;
  for await (const part of abortable(model.answer(request, live.signal), live.signal)) {
    begun?.();
    begun = undefined;
    takePart(run, part, draft);
    if (live.log.chars >= ANSWER_MAX_CHARS) {
      live.publish({ type: "notice", code: "ANSWER_CUT", text: wording(run.locale).answerCut });
      return;
    }
    const room = live.eventRoom();
    if (room !== undefined) await room;
  }
  live.signal.throwIfAborted();
}

function takePart(run: Run, part: AnswerPart, draft: Draft): void {
  // Only answers to programs have them.
  if (part.type === "call") return;
  if (part.type !== "usage") return tell(run, part);
  draft.inputTokens = part.inputTokens;
  draft.outputTokens = part.outputTokens;
}

/** Text is spoken too. What turns out to be reasoning is spoken no further. */
function tell({ live, speech }: Run, event: TurnEvent): void {
  if (event.type === "text" && event.text === "") return;
  live.publish(event);
  if (event.type === "text") speech.push(event.text);
  if (event.type !== "reasoning" || !event.takesText) return;
  speech.stop();
  live.attachSpeech(speech);
}

/** Keeps the partial answer. A store that fails now must not hide why the answer failed. */
async function storeUnfinished(run: Run, turn: Turn, draft: Draft, failure: PipitError): Promise<void> {
  const { logger, turns } = run.deps;
  // Interrupted, or deleted meanwhile: a person wanted it so.
  const status = ["CANCELLED", "CHAT_NOT_FOUND"].includes(failure.code) ? "cancelled" : "failed";
  const fields = { turnId: turn.id, code: failure.code, model: draft.model, detail: failure.detail };
  // That an account has used its tokens up is no fault of ours.
  if (failure.code === "QUOTA_EXCEEDED") logger.info("turn refused", fields);
  else if (status === "failed") logger.warn("turn failed", { ...fields, error: failure });
  else logger.debug("turn cancelled", fields);
  try {
    const why = status === "failed" && { failure: { code: failure.code, message: failure.message } };
    await turns.finish({ ...finishOf(run, turn, draft, status), ...why });
  } catch (error) {
    logger.error("turn could not be stored", { ...fields, error });
  }
}

function finishOf(run: Run, turn: Turn, draft: Draft, status: FinishTurn["status"]): FinishTurn {
  const { log } = run.live;
  const [text, reasoning] = [log.pieces("text"), log.pieces("reasoning")];
  const used = usedTokens(draft, draft.asked, [...reasoning, ...text], status === "failed");
  return {
    status,
    ...(used !== undefined && { used }),
    turnId: turn.id,
    ownerId: run.deps.ownerId,
    assistantText: text,
    reasoning,
    parts: partsOf(log.snapshot()),
    model: draft.model,
    inputTokens: draft.inputTokens,
    outputTokens: draft.outputTokens,
    nowMs: run.deps.clock.nowMs(),
  };
}

function emptyFinish(turn: Turn, nowMs: number): Omit<FinishTurn, "status"> {
  const { id: turnId, ownerId } = turn;
  return {
    turnId,
    ownerId,
    assistantText: "",
    reasoning: "",
    model: undefined,
    inputTokens: 0,
    outputTokens: 0,
    nowMs,
  };
}
