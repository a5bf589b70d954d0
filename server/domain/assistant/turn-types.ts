import type { AttachedFile } from "#contract/attached-file.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { Caller } from "../access/caller.ts";
import type { AccountStore } from "../accounts/ports.ts";
import type { ChatStore, TurnStore } from "../chats/ports.ts";
import type { SummaryStore } from "../chats/summary-port.ts";
import type { MemoryStore } from "../memories/ports.ts";
import type { ProjectStore } from "../projects/ports.ts";
import type { Aside } from "./aside.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { MessageBus } from "../message-bus.ts";
import type { Pictures } from "../pictures/pictures.ts";
import type { Quotas } from "../usage/quotas.ts";
import type { SpeechService } from "../speech/ports.ts";
import type { WorkMetrics } from "../work-metrics.ts";
import type { Compaction } from "./compaction.ts";
import type { Place } from "./live-turn.ts";
import type { AssistantTool, ModelChoices, ModelSource } from "./ports.ts";

/** One event of an answer; the same shape that the engine sees at the other end of the wire. */
export type TurnEvent = ChatEvent;

/** One question, checked by the caller (`server/rpc/streaming/stream-request.ts` for gRPC). */
export interface Question {
  /** Not blank, at most PROMPT_MAX_CHARS. */
  readonly prompt: string;
  /** Lower-case UUID; the same one never asks the model twice. Absent: never joined, never replayed. */
  readonly clientMessageId: string | undefined;
  /** Absent: a chat is made. */
  readonly chatId: string | undefined;
  /** Lower-case UUID; without `chatId`, the questions that have the same one share the chat that is made. */
  readonly chatKey?: string | undefined;
  /** The turn of that chat that it follows; "": none; absent: the last of the shown path. */
  readonly parentTurnId?: string | undefined;
  /**
   * JPEG, PNG or WebP as it came, at most SCREENSHOT_MAX_BYTES (see `decodeScreenshot`). Taken out by {@link TurnService}
   * when it needs it no more: whoever asked keeps the question for as long as the answer lasts.
   */
  screenshot: Uint8Array | undefined;
  /** Checked (`checkFiles`). */
  readonly files?: readonly AttachedFile[];
  readonly speak: boolean;
  /** BCP 47; absent: told from the script of the prompt. */
  readonly locale: string | undefined;
  readonly searchAllChats: boolean;
  /** The chat that is made is temporary. */
  readonly temporary?: boolean | undefined;
  /** The project of the chat that is made; one that is not there is none. */
  readonly projectId?: string | undefined;
  /** The model to ask, now and for the next questions of this chat. Absent: the chosen one, else the server's own choice. */
  readonly model: string | undefined;
  /** Fields for the model server, by their names on its wire. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly hardwareId: string;
  readonly sessionId: string;
}

/** What the tools of one answer may reach. */
interface ToolScope {
  readonly userId: string;
  readonly chatId: string;
  readonly searchAllChats: boolean;
  readonly locale: string;
}

export interface TurnDeps {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly summaries: SummaryStore;
  readonly memories: Pick<MemoryStore, "told">;
  readonly projects: Pick<ProjectStore, "find">;
  readonly aside: Pick<Aside, "consider">;
  readonly compaction: Pick<Compaction, "consider">;
  readonly quotas: Pick<Quotas, "check">;
  readonly models: ModelSource;
  readonly choices: ModelChoices;
  readonly accounts: Pick<AccountStore, "findById">;
  readonly toolsFor: (scope: ToolScope) => readonly AssistantTool[];
  readonly speech: SpeechService;
  readonly pictures: Pictures;
  readonly bus: MessageBus;
  readonly metrics: Pick<WorkMetrics, "turnStarted" | "turnEnded" | "firstToken">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Unique per server process: whose leases these are, and where its messages go. */
  readonly ownerId: string;
}

/** The life of answers: asked once, shared by all who ask for the same message, stored before they end. */
export interface TurnService extends AsyncDisposable {
  /**
   * Answers, joins or replays (docs/reference/streaming.md, "Idempotency"). The first event is `turn`, the last `end`. Throws
   * PipitError. Leaving the loop or aborting `signal` is the interrupt: the model stops without listeners.
   */
  answer(question: Question, caller: Caller, signal: AbortSignal): AsyncIterable<TurnEvent>;
  /** Stops all answers this person's machine is listening to in this process. The session ids that were interrupted; [] when idle. */
  interrupt(userId: string, hardwareId: string): readonly string[];
  /** Stops the answers of what was deleted, in all processes; who listens to them gets CHAT_NOT_FOUND. */
  stopDeleted(place: Place): void;
  /** Takes no new questions, lets the running ones end; when `signal` aborts, ends the rest with SERVER_STOPPING. */
  drain(signal: AbortSignal): Promise<void>;
}
