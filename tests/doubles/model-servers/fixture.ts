/** What a model server sent once, in the pieces in which it came. */
export interface Recorded {
  readonly kind: "recorded";
  readonly status: number;
  readonly type: string;
  readonly pieces: readonly string[];
}

/** What has to come of it. What is not named must not be there. */
export interface Ending {
  /** The shown text; absent: none. */
  readonly text?: string;
  readonly reasoning?: string;
  /** Codes of the notices, in order. */
  readonly notices?: readonly string[];
  /** Names of the tools that ran, with their arguments. */
  readonly ran?: readonly (readonly [name: string, input: unknown])[];
  readonly tokens?: readonly [input: number, output: number];
  /** Code of the error, and words that its message must hold. */
  readonly error?: readonly [code: string, words: string];
}

/** One oddity of one model server. */
export interface Fixture {
  readonly server: string;
  readonly quirk: string;
  /** The fault that it belongs to. */
  readonly row: string;
  /** Public report of it, as OWNER/NAME#NUMBER; absent where it was seen without one. */
  readonly issue?: string;
  /** What the question carries besides its text. */
  readonly asks?: readonly ("tools" | "image" | "history" | "system")[];
  /** One for each request, in order. */
  readonly replies: readonly Recorded[];
  readonly ends: Ending;
}

/** Server-sent events: each argument is the JSON of one `data:` line. */
export function sse(...data: readonly string[]): Recorded {
  return {
    kind: "recorded",
    status: 200,
    type: "text/event-stream",
    pieces: data.map((one) => `data: ${one}\n\n`),
  };
}

/** Bytes as they came, with status 200. */
export function raw(type: string, ...pieces: readonly string[]): Recorded {
  return { kind: "recorded", status: 200, type, pieces };
}

/** An answer with a status of its own. */
export function refusal(status: number, body: string, type = "application/json"): Recorded {
  return { kind: "recorded", status, type, pieces: [body] };
}

/** One chunk with text, as most servers write it. */
export function text(content: string): string {
  return `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1763738578,"model":"m","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"logprobs":null,"finish_reason":null}]}`;
}

/** The chunk that ends an answer. */
export function finish(reason: string): string {
  return `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1763738578,"model":"m","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"${reason}"}]}`;
}

export const DONE = "[DONE]";
/** The answer to the second request, where the first one was refused or called a tool. */
export const afterwards: Recorded = sse(text("Here it is."), finish("stop"), DONE);
