import { ANSWER_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Chat, FinishTurn, Turn } from "../chats/ports.ts";
import type { TurnEnd } from "../work-metrics.ts";
import { abortable } from "../abortable.ts";
import { isModelOutage, isToldAsOutage } from "../outage.ts";
import { partsOf } from "./answer-parts.ts";
import { publishLate } from "./aside.ts";
import type { AnsweredTurn } from "./compaction.ts";
import { isNews, knownIn, promptFor } from "./context/prompt.ts";
import { wording } from "./context/wording.ts";
import { modelFor } from "./model-for.ts";
import type { AnswerModel, AnswerPart, ModelMessage } from "./ports.ts";
import { publishTitle, tell, type Run } from "./turn-run.ts";
import { usedTokens } from "./used-tokens.ts";

/** The facts about the answer besides its text. */
interface Draft {
  model: string | undefined;
  inputTokens: number;
  outputTokens: number;
  /** What the model was told; empty until it is asked. */
  asked: readonly ModelMessage[];
  /** It has said something. */
  spoke: boolean;
}

/** Asks the model, passes its answer on as it comes, and stores it. Throws PipitError, after having stored what there was. */
export async function askModel(
  run: Run,
  turn: Turn,
  chat: Chat,
  image: Uint8Array | undefined,
): Promise<void> {
  const { deps, live } = run;
  const draft: Draft = { model: undefined, inputTokens: 0, outputTokens: 0, asked: [], spoke: false };
  let answered: AnsweredTurn;
  deps.metrics.turnStarted();
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
  await finishTurn(run, finishOf(run, turn, draft, "done"), "done");
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
    deps.logger.warn("model.said_nothing", { turnId: turn.id, model: model.name });
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
  if (part.type !== "usage") {
    tell(run, part);
    if (draft.spoke || (part.type !== "text" && part.type !== "reasoning")) return;
    draft.spoke = true;
    return run.deps.metrics.firstToken(performance.now() - run.live.startedAtMs);
  }
  draft.inputTokens = part.inputTokens;
  draft.outputTokens = part.outputTokens;
}

/** Keeps the partial answer. A store that fails now must not hide why the answer failed. */
async function storeUnfinished(run: Run, turn: Turn, draft: Draft, failure: PipitError): Promise<void> {
  const { logger } = run.deps;
  // Interrupted, or deleted meanwhile: a person wanted it so.
  const status = ["CANCELLED", "CHAT_NOT_FOUND"].includes(failure.code) ? "cancelled" : "failed";
  const fields = { turnId: turn.id, code: failure.code, model: draft.model, detail: failure.detail };
  // That an account has used its tokens up is no fault of ours.
  if (failure.code === "QUOTA_EXCEEDED") logger.info("turn refused", fields);
  else if (isModelOutage(failure.code) || isToldAsOutage(failure)) logger.debug("turn failed", fields);
  else if (status === "failed") logger.warn("turn failed", { ...fields, error: failure });
  else logger.debug("turn cancelled", fields);
  const ended = status === "failed" ? failure.code : status;
  try {
    const why = status === "failed" && { failure: { code: failure.code, message: failure.message } };
    await finishTurn(run, { ...finishOf(run, turn, draft, status), ...why }, ended);
  } catch (error) {
    logger.error("turn could not be stored", { ...fields, error });
  }
}

/** Stores the answer; it has ended whether that goes well or not. */
async function finishTurn({ deps }: Run, how: FinishTurn, ended: TurnEnd): Promise<void> {
  try {
    await deps.turns.finish(how);
    deps.metrics.turnEnded(ended);
  } catch (error) {
    deps.metrics.turnEnded(PipitError.from(error).code);
    throw error;
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
