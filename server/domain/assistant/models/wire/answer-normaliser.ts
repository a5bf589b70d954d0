import { AnswerChoice } from "./answer-choice.ts";
import { piecesIn, ToolCallDeltas, type DeltaPiece } from "./answer-delta.ts";
import { finishAround, finishIn, strongerFinish, type FinishReason } from "./finish-reason.ts";
import { isRecord, textIn, type JsonRecord } from "./json.ts";
import { plainWords, saidErrorIn, type SaidError } from "./said-error.ts";
import { SseReader, type SseItem } from "./sse-reader.ts";
import { tokensIn, type TokenCounts } from "./token-count.ts";

/** How much is kept of what came instead of an answer. */
const WORDS_MAX_CHARS = 4_096;
/** How much of one value that is no part of an answer. */
const VALUE_MAX_CHARS = 256;
/**
 * Events of one read from which on its text is handed on in one piece: the server is faster than we are, and each piece
 * costs the same however long it is.
 */
const JOIN_FROM = 16;
/** Events by which a server says no more than that it lives. */
const LIFE = /^(ping|heartbeat|keep[-_]?alive|progress)$/i;
/** Code of the error that says that something else than an answer came; its message is what came. */
export const NOT_AN_ANSWER = "not_an_answer";
/** Code of the error that says that the answer ended without its end. */
export const CUT_OFF = "cut_off";

/**
 * Reads whatever a model server sends as a chat completion, and writes the stream of events that the SDK understands: known
 * fields only, in their right types; the reason of the end and the usage once, last. Errors become the last event, so that
 * what was said before them is not lost. Works on an answer that is not streamed just as well.
 */
export class AnswerNormaliser {
  readonly #decoder = new TextDecoder();
  readonly #reader = new SseReader();
  readonly #calls = new ToolCallDeltas();
  readonly #choice = new AnswerChoice();
  #finish: FinishReason | undefined;
  #tokens: TokenCounts = { input: undefined, output: undefined };
  #words = "";
  /** The first half of a character outside the BMP, whose second half comes with the next delta. */
  #half = "";
  /** Text of this read that is still to be written, while it is joined. */
  #joinedText: string | undefined;
  #answered = false;
  #over = false;

  /** All is written; what the server still sends does not matter. */
  get over(): boolean {
    return this.#over;
  }

  /** The events for these bytes, as text; "" when they say nothing. */
  push(bytes: Uint8Array): string {
    return this.#over ? "" : this.#take(this.#reader.push(this.#decoder.decode(bytes, { stream: true })));
  }

  /** The events for the server's end. */
  end(): string {
    if (this.#over) return "";
    const last = this.#take([...this.#reader.push(this.#decoder.decode()), ...this.#reader.end()]);
    if (this.#over) return last;
    const kept = last + this.#takeChoices(this.#choice.end());
    if (this.#over) return kept;
    if (this.#finish !== undefined) return kept + this.#close();
    return kept + (this.#answered ? this.#failCut() : this.#failNoAnswer());
  }

  /** The last event: an error. */
  fail(error: Pick<SaidError, "message"> & Partial<SaidError>): string {
    this.#over = true;
    const { message, code = "", type = "", status } = error;
    // `param` is the one field of an error that the SDK hands on whatever it is.
    return this.#takeJoined() + eventOf({ error: { message, code, type, param: status } });
  }

  #take(items: readonly SseItem[]): string {
    let events = "";
    this.#joinedText = items.length >= JOIN_FROM ? "" : undefined;
    for (const item of items) {
      if (this.#over) break;
      if (item.type === "done")
        events += this.#words === "" || this.#answered ? this.#close() : this.#failNoAnswer();
      else if (item.type === "json") events += this.#takeValue(item.value, item.event);
      else if (item.event === "error") events += this.fail({ message: item.text });
      else if (!LIFE.test(item.event)) this.#addWords(item.text);
    }
    return events + this.#takeJoined();
  }

  #takeJoined(): string {
    const text = this.#joinedText ?? "";
    if (text === "") return "";
    this.#joinedText = "";
    return deltaEvent({ content: text });
  }

  #takeValue(value: unknown, event: string): string {
    const error = saidErrorIn(value, event === "error");
    if (error !== undefined) return this.fail(error);
    if (!isRecord(value)) return "";
    const { input, output } = tokensIn(value) ?? this.#tokens;
    this.#tokens = { input: input ?? this.#tokens.input, output: output ?? this.#tokens.output };
    const choices = value["choices"];
    if (choices !== undefined) this.#finish = strongerFinish(this.#finish, finishAround(value));
    else if (!this.#answered) this.#addWords(wordsOf(value));
    return this.#takeChoices(this.#choice.take(choices));
  }

  #takeChoices(choices: readonly JsonRecord[]): string {
    let events = "";
    for (const choice of choices) events += this.#takeChoice(choice);
    return events;
  }

  #addWords(words: string): void {
    // Behind a part of the answer, half an event is no word.
    if (words === "" || (this.#answered && /^\s*(\{|\[\s*[{"\]])/.test(words))) return;
    if (this.#words.length < WORDS_MAX_CHARS) this.#words += `${words}\n`;
  }

  #takeChoice(choice: JsonRecord): string {
    this.#answered = true;
    this.#finish = strongerFinish(this.#finish, finishIn(choice));
    const whole = isRecord(choice["message"]) ? choice["message"] : undefined;
    const delta = isRecord(choice["delta"]) ? choice["delta"] : whole;
    if (delta !== undefined && delta === whole) this.#finish ??= "stop";
    const pieces = piecesIn(delta ?? { content: choice["delta"] ?? choice["text"] }, this.#calls);
    let events = "";
    for (const piece of pieces) events += this.#write(this.#whole(piece));
    if (this.#finish !== "error") return events;
    return events + this.fail(saidErrorIn(choice) ?? { message: "The model server gave up." });
  }

  #write(piece: DeltaPiece): string {
    if (this.#joinedText === undefined) return deltaEvent(piece);
    if (!("content" in piece)) return this.#takeJoined() + deltaEvent(piece);
    this.#joinedText += piece.content;
    return "";
  }

  /** Without the first half of a character, which waits for its second. */
  #whole(piece: DeltaPiece): DeltaPiece {
    if (!("content" in piece)) return piece;
    const content = this.#half + piece.content;
    const last = content.charCodeAt(content.length - 1);
    this.#half = last >= 0xd800 && last < 0xdc00 ? content.slice(-1) : "";
    return this.#half === "" ? { content } : { content: content.slice(0, -1) };
  }

  /** Words behind a part of an answer say why it ended. */
  #failCut(): string {
    const words = plainWords(this.#words);
    return this.fail(
      words === "" ? { message: "It ended without its end.", code: CUT_OFF } : { message: words },
    );
  }

  #failNoAnswer(): string {
    return this.fail({ message: plainWords(this.#words), code: NOT_AN_ANSWER });
  }

  #close(): string {
    const kept = this.#takeChoices(this.#choice.end());
    if (this.#over) return kept;
    this.#over = true;
    const { input, output } = this.#tokens;
    const usage = { prompt_tokens: input, completion_tokens: output };
    const choices = [{ delta: {}, finish_reason: this.#finish ?? "stop" }];
    return `${kept}${this.#takeJoined()}${eventOf({ choices, usage })}data: [DONE]\n\n`;
  }
}

/** What a value that is no part of an answer says; counts of tokens say nothing. */
function wordsOf(value: JsonRecord): string {
  const words = textIn(value["message"]);
  if (words !== undefined || tokensIn(value) !== undefined) return words ?? "";
  return JSON.stringify(value).slice(0, VALUE_MAX_CHARS);
}

type SdkChunk =
  | { readonly choices: readonly { readonly delta: DeltaPiece | object }[]; readonly usage?: object }
  | { readonly error: object };

/** The event of one delta. Text is by far the most of them, and is written without making a chunk of it first. */
function deltaEvent(delta: DeltaPiece): string {
  if (!("content" in delta)) return eventOf({ choices: [{ delta }] });
  return `data: {"choices":[{"delta":{"content":${JSON.stringify(delta.content)}}}]}\n\n`;
}

function eventOf(chunk: SdkChunk): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
