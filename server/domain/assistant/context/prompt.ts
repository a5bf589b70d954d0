import type { Caller } from "../../access/caller.ts";
import type { Chat, Turn } from "../../chats/ports.ts";
import type { Summary } from "../../chats/summary-port.ts";
import { earlierMessages, type Earlier } from "./context-window.ts";
import { fencedFiles } from "./fenced-files.ts";
import type { ModelMessage } from "../ports.ts";
import { systemMessage, type Known } from "./system-message.ts";
import type { Question, TurnDeps } from "../turn-types.ts";

/** All that a model is told with a question, and what it is made of. */
export interface Prompt {
  readonly messages: readonly ModelMessage[];
  readonly earlier: Earlier;
  /** Of what comes before {@link Prompt.earlier}. */
  readonly summary: Summary | undefined;
}

/**
 * What a model may know in a chat. What is said in a temporary one knows nothing of the others; a key may not read memories,
 * so no model may tell it of them.
 */
export async function knownIn(
  { memories, projects }: Pick<TurnDeps, "memories" | "projects">,
  { userId, projectId, temporary }: Chat,
  { apiKeyId }: Caller,
): Promise<Known & { readonly remembers: boolean }> {
  const project = projectId === undefined ? undefined : await projects.find(userId, projectId);
  const remembers = !temporary && project?.remembers !== false;
  return {
    project,
    remembers,
    memories: remembers && apiKeyId === undefined ? await memories.told(userId) : [],
  };
}

/**
 * @param known what the model may know from elsewhere
 * @param image JPEG that comes with the question
 */
export async function promptFor(
  deps: Pick<TurnDeps, "turns" | "summaries" | "accounts" | "clock">,
  turn: Turn,
  { prompt, files = [] }: Pick<Question, "prompt" | "files">,
  known: Known,
  image: Uint8Array | undefined,
  locale: string,
): Promise<Prompt> {
  const { userId, chatId } = turn;
  const summary =
    turn.parentTurnId === undefined ? undefined : await deps.summaries.before(userId, chatId, turn.id);
  const [system, earlier] = await Promise.all([
    systemMessage(deps, userId, locale, { ...known, summary }),
    earlierMessages(deps.turns, { userId, chatId, locale, before: turn, after: summary?.turnId }),
  ]);
  const asked: ModelMessage = {
    role: "user",
    text: prompt,
    ...(image === undefined ? {} : { images: [image] }),
    ...(files.length === 0 ? {} : { files: fencedFiles(files, turn.id, locale) }),
  };
  return { messages: [system, ...earlier.messages, asked], earlier, summary };
}

/** Whether this is the first question that goes with the summary: what it follows was answered before it was made. */
export function isNews({ earlier: { last }, summary }: Prompt): boolean {
  return summary !== undefined && (last?.finishedAtMs ?? Infinity) <= summary.createdAtMs;
}
