import type { Recorded } from "./model-servers/fixture.ts";

/**
 * What the OpenAI-compatible server double says: a {@link Reply} is either a stream made of steps, or a plain HTTP
 * answer. Build them with the functions below, e.g. `stream(say("Hello", " world"))`.
 */

/** One thing that happens while an answer streams, in order. */
export type Step =
  /** One SSE chunk with this text. */
  | { readonly kind: "text"; readonly text: string }
  /** One tool call, its arguments in two chunks as real servers do. `args` that is a string is sent as it is (may be broken JSON). */
  | { readonly kind: "tool"; readonly id: string; readonly name: string; readonly args: unknown }
  /** Waits until the promise settles; how a test holds an answer half way without sleeping. */
  | { readonly kind: "wait"; readonly until: Promise<unknown> }
  /** Waits this long; for benchmarks and the program, not for tests. */
  | { readonly kind: "pause"; readonly ms: number }
  /** Bytes exactly as given, e.g. "data: {broken\n\n". */
  | { readonly kind: "raw"; readonly raw: string }
  /** A 500 half way: an SSE event with an error object, after which the stream ends. */
  | { readonly kind: "error"; readonly message: string }
  /** The connection is cut. */
  | { readonly kind: "cut" }
  /** Nothing more comes until the client goes away. */
  | { readonly kind: "hang" };

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export type Reply =
  | {
      readonly kind: "stream";
      readonly steps: readonly Step[];
      /** Counted from the steps when absent. Sent when the client asks with `stream_options.include_usage`. */
      readonly usage?: Usage;
    }
  | {
      readonly kind: "http";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** Bytes as a server sent them, in its pieces (model-servers/). */
  | Recorded
  /** The request is taken and never answered, not even with headers. */
  | { readonly kind: "silent" };

/** One message of a chat-completions request; content is text or parts. */
interface WireMessage {
  readonly role: string;
  readonly content?: string | readonly WirePart[] | null;
  readonly tool_calls?: readonly unknown[];
  readonly tool_call_id?: string;
}
interface WirePart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}
/** The fields of a chat-completions body that the double looks at. */
export interface WireBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages?: readonly WireMessage[];
  readonly tools?: readonly { readonly function?: { readonly name?: string } }[];
}

/** One `/v1/chat/completions` request as the double received it. */
export interface ChatRequest {
  /** 0-based. */
  readonly index: number;
  readonly authorization: string | undefined;
  readonly body: WireBody;
  readonly messages: readonly WireMessage[];
  /** Text of the last user message. */
  readonly prompt: string;
  /** Decoded pictures of all messages. */
  readonly images: readonly Uint8Array[];
  /** Names of the offered tools. */
  readonly tools: readonly string[];
  /** Epoch milliseconds with fractions, comparable between processes of one machine. */
  readonly arrivedAtMs: number;
  /** When the first text left, same scale. */
  readonly firstTextAtMs: number | undefined;
  /** True once the client went away before the answer was complete. */
  readonly aborted: boolean;
  /** Settles when the exchange is over, with whether the client cut it short. */
  readonly over: Promise<"complete" | "aborted">;
}

/** One reply for all requests, one per request in order (the last one repeats), or computed from each request. */
export type Script = Reply | readonly Reply[] | ((request: ChatRequest) => Reply);

/** Text chunks, one SSE event each. */
export function say(...texts: readonly string[]): Step[] {
  return texts.map((text) => ({ kind: "text", text }));
}

/** A tool call by the model. */
export function callTool(name: string, args: unknown, id = `call_${name}`): Step {
  return { kind: "tool", id, name, args };
}

/** A streamed answer of these steps, e.g. `stream(say("a", "b"), { kind: "cut" })`. */
export function stream(...steps: readonly (Step | readonly Step[])[]): Reply {
  return { kind: "stream", steps: steps.flat() };
}

/** An answer with explicit token counts. */
export function streamWithUsage(usage: Usage, ...steps: readonly (Step | readonly Step[])[]): Reply {
  return { kind: "stream", steps: steps.flat(), usage };
}

/** An HTTP error with an OpenAI error body. */
export function refuse(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    kind: "http",
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ error: { message, type: "invalid_request_error", code: null } }),
  };
}

/** Faults as OpenAI-compatible servers show them; each is a {@link Reply}. */
export const faults = {
  imageRefused: refuse(400, "Invalid content type: image_url is only supported by vision models."),
  toolsRefused: refuse(400, "registry.example/model does not support tools"),
  keyRefused: refuse(401, "Incorrect API key provided."),
  modelMissing: refuse(404, "The model does not exist."),
  tooMany: refuse(429, "Rate limit reached.", { "retry-after": "7" }),
  failed: refuse(500, "Internal server error"),
  failedHalfWay: stream(say("Half "), { kind: "error", message: "The model crashed." }),
  // The pause lets the text be read first: a client's stream drops what is queued behind an error.
  cutHalfWay: stream(say("Half "), { kind: "pause", ms: 50 }, { kind: "cut" }),
  hangHalfWay: stream(say("Half "), { kind: "hang" }),
  silent: { kind: "silent" },
} as const satisfies Record<string, Reply>;

/** A latch: the test opens it when it wants the double to go on. */
export function gate(): { readonly step: Step; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { step: { kind: "wait", until: promise }, open: () => resolve() };
}
