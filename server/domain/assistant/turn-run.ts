import type { Caller } from "../access/caller.ts";
import type { Chat, Turn } from "../chats/ports.ts";
import type { LiveTurn } from "./live-turn.ts";
import type { TurnRelay } from "./turn-relay.ts";
import type { TurnSpeech } from "./turn-speech.ts";
import type { Question, TurnDeps, TurnEvent } from "./turn-types.ts";

/** What an answer needs besides the question. */
export interface RunDeps extends TurnDeps {
  readonly relay: TurnRelay;
}

/** One question on its way through this process. */
export interface Run {
  readonly deps: RunDeps;
  readonly live: LiveTurn;
  readonly question: Question;
  readonly caller: Caller;
  readonly userId: string;
  readonly locale: string;
  readonly speech: TurnSpeech;
}

/** The first turn of a chat tells its title. */
export async function publishTitle(run: Run, chat: Chat, turn: Turn): Promise<void> {
  if (turn.index !== 0) return;
  const owner = chat.id === turn.chatId ? chat : await run.deps.chats.find(run.userId, turn.chatId);
  if (owner !== undefined) run.live.publish({ type: "title", title: owner.title });
}

/** Text is spoken too. What turns out to be reasoning is spoken no further. */
export function tell({ live, speech }: Run, event: TurnEvent): void {
  if (event.type === "text" && event.text === "") return;
  live.publish(event);
  if (event.type === "text") speech.push(event.text);
  if (event.type !== "reasoning" || !event.takesText) return;
  speech.stop();
  live.attachSpeech(speech);
}
