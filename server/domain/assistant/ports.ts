/** One earlier message, or the question itself. */
export interface ModelMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly text: string;
  /** JPEG bytes, already scaled; on messages of the user only. */
  readonly images?: readonly Uint8Array[];
  /** What the assistant called, where the caller's own tools were offered. */
  readonly calls?: readonly ModelCall[];
  /** Of a tool's message: the call that it answers. */
  readonly callId?: string;
  /** What files held that came with it, fenced (`fencedFiles`); a model reads it before the text. */
  readonly files?: string;
}

/** A call of a tool by a model. */
export interface ModelCall {
  readonly id: string;
  readonly name: string;
  /** The arguments as the model wrote them. */
  readonly input: string;
}

/** Tools that run at the client: the model's calls of them are handed on, and end the answer. */
export interface ClientTools {
  readonly tools: readonly {
    readonly name: string;
    readonly description?: string;
    /** JSON Schema of the input. */
    readonly inputSchema: Readonly<Record<string, unknown>>;
    readonly strict?: boolean;
  }[];
  /** Absent: the model server's own default. */
  readonly choice: "auto" | "none" | "required" | { readonly toolName: string } | undefined;
}

/** A tool the model may call. `run` gets input that passed `inputSchema`; its result is JSON for the model. */
export interface AssistantTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  run(input: unknown, signal: AbortSignal): Promise<ToolResult>;
}
export interface ToolResult {
  readonly value: unknown;
  /** One short line a person may read. */
  readonly summary: string;
  /** True when the tool could not do it; `value` then tells the model why, and the answer goes on. */
  readonly failed?: boolean;
}

export interface AnswerRequest {
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly AssistantTool[];
  /** "en", "ru", or another BCP 47 tag. */
  readonly locale: string;
  /** Fields for the model server, by their names on its wire, e.g. temperature. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  /**
   * The caller is a program that wants the model's own answer: its tools are offered in place of `tools`, nothing is left out
   * that the server refuses, and nothing is added.
   */
  readonly clientTools?: ClientTools;
}

/** Why an answer ended. */
export type FinishReason =
  | "stop"
  | "length"
  | "content-filter"
  | "tool-calls"
  | "error"
  | "interrupted"
  | "other";

/** What a model says while it answers. */
export type AnswerPart =
  | { readonly type: "text"; readonly text: string }
  /** What it thinks before it answers. `takesText`: the text since its last tool call was reasoning too. */
  | { readonly type: "reasoning"; readonly text: string; readonly takesText: boolean }
  | {
      readonly type: "tool";
      readonly callId: string;
      readonly name: string;
      readonly state: "started" | "done" | "failed";
      readonly summary: string;
    }
  | { readonly type: "notice"; readonly code: string; readonly text: string }
  /** A call of a tool of the client's. */
  | ({ readonly type: "call" } & ModelCall)
  | {
      readonly type: "usage";
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** Told with `clientTools` only. */
      readonly finish?: FinishReason | undefined;
    };

/** A responder: a language model behind an OpenAI-compatible endpoint, or the built-in one. Throws PipitError MODEL_*. */
export interface AnswerModel {
  /** The model's own name, or "built-in". */
  readonly name: string;
  answer(request: AnswerRequest, signal: AbortSignal): AsyncIterable<AnswerPart>;
}

/** Which model people have chosen, for a chat and for all their others. */
export interface ModelChoices {
  /** The name chosen for this chat, else for the account; undefined: none. */
  chosen(userId: string, chatId: string | undefined): Promise<string | undefined>;
  /** All choices of an account, but those of temporary and deleted chats; without a chat: the account's own. */
  all(userId: string): Promise<readonly { readonly chatId: string | undefined; readonly model: string }[]>;
  /** @param chatId undefined: for the account. @param model undefined: the choice is given up */
  choose(userId: string, chatId: string | undefined, model: string | undefined): Promise<void>;
}

/** Finds out, per question, which model answers now (Ollama may have been started since). */
export interface ModelSource {
  /** @param wanted a name of {@link list}; absent: the server's own choice. Throws MODEL_MISSING for one that is not there. */
  current(signal: AbortSignal, wanted?: string): Promise<AnswerModel>;
  /** Names of the models that may be asked, the server's own choice first. Never throws, except CANCELLED. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  /** For `pipit doctor` and the status line. */
  status(signal: AbortSignal): Promise<ModelStatus>;
}
export interface ModelStatus {
  readonly kind: "configured" | "ollama" | "built-in";
  readonly name: string;
  readonly works: boolean;
  /** The fault and its cure, or what works. Safe to show. */
  readonly detail: string;
}
