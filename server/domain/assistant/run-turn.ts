import { randomUUID } from "node:crypto";
import type { Caller } from "../access/caller.ts";
import { chatForQuestion } from "../chats/chat-for-question.ts";
import type { Chat, FinishTurn, Picture, Turn } from "../chats/ports.ts";
import { eventOf } from "./answer-parts.ts";
import { askModel } from "./ask-model.ts";
import { localeOf } from "./context/wording.ts";
import type { LiveTurn } from "./live-turn.ts";
import { textPieces } from "./text-pieces.ts";
import { runningElsewhere } from "./turn-relay.ts";
import { publishTitle, tell, type Run, type RunDeps } from "./turn-run.ts";
import { TurnSpeech } from "./turn-speech.ts";
import type { Question } from "./turn-types.ts";

/** How long a running turn belongs to this process without a sign of life. */
export const LEASE_MS = 9_000;

/** A turn of the store, and whether it is ours to answer now. */
interface Found {
  readonly turn: Turn;
  readonly begun: boolean;
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
  await deps.turns.finish({ ...noAnswer(found.turn, deps.clock.nowMs()), status: "failed" });
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

/** The end of a turn of which nothing is kept but the question. */
export function noAnswer(turn: Pick<Turn, "id" | "ownerId">, nowMs: number): Omit<FinishTurn, "status"> {
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
