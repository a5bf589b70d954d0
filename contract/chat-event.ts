/** What a stream says about a tool call of the model. */
interface ToolCallEvent {
  readonly type: "tool";
  readonly callId: string;
  readonly name: string;
  readonly state: "started" | "done" | "failed";
  /** One short line a person may read. */
  readonly summary: string;
}

/**
 * One event of an answer, as the engine sees it: `StreamResponse` decoded into plain data (proto/streaming.proto).
 * Errors are thrown as PipitError, never events. A well-formed stream is `turn`, any mix, then `end`.
 */
export type ChatEvent =
  | {
      readonly type: "turn";
      readonly chatId: string;
      readonly turnId: string;
      /** The turn that it follows; "": none. Absent from servers that know no branches. */
      readonly parentTurnId?: string;
      readonly replayed: boolean;
    }
  | { readonly type: "text"; readonly text: string }
  /** What the model thinks before it answers. `takesText`: the text since the last tool event was reasoning too. */
  | { readonly type: "reasoning"; readonly text: string; readonly takesText: boolean }
  /** 48 kHz mono s16le (contract/audio-format.ts). */
  | { readonly type: "audio"; readonly pcm: Uint8Array }
  | ToolCallEvent
  | { readonly type: "title"; readonly title: string }
  /** The person said it in the question of that turn, and it is remembered in all their chats from now on. */
  | {
      readonly type: "remembered";
      readonly turnId: string;
      readonly memoryId: string;
      readonly text: string;
    }
  | {
      readonly type: "usage";
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly model: string;
    }
  /** A degraded mode that the person should know of, e.g. NO_VOICE. */
  | { readonly type: "notice"; readonly code: string; readonly text: string }
  | { readonly type: "end" };
