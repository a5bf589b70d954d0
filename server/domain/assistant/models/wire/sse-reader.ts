import { parseJson } from "./json.ts";

/** What a line of a model server's answer turned out to be. */
export type SseItem =
  /** A value of JSON; `event` is the name that the server gave it, "" for none. */
  | { readonly type: "json"; readonly value: unknown; readonly event: string }
  /** `data: [DONE]` */
  | { readonly type: "done" }
  /** Words that are neither JSON nor a field of an event. */
  | { readonly type: "words"; readonly text: string; readonly event: string };

/** Longest event that is put together; an answer that is not streamed is one event. */
const EVENT_MAX_CHARS = 16 * 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, section 9.2) as model servers write them: an event counts as soon as its JSON is
 * complete, with or without the empty line behind it; `error: {...}` is an event named "error"; JSON without a field name is
 * taken as data, so that an answer that is not streamed, or one value a line, is read by the same code. Comments say nothing.
 */
export class SseReader {
  #rest = "";
  #endedInReturn = false;
  /** Data that is no JSON yet, and whether it began with a field name. */
  #pending = "";
  #isField = false;
  /** Brackets that are open in it: as long as there are any, it is not tried, since a long one has many lines. */
  #depth = 0;
  #event = "";

  /**
   * The items that became complete with this piece of text.
   *
   * @throws RangeError an event does not end
   */
  push(text: string): SseItem[] {
    const items: SseItem[] = [];
    const known = this.#rest.length;
    const piece = this.#withLineFeeds(text);
    const unread = this.#rest + piece;
    let start = 0;
    // Only the new piece is searched, since a search copies a long line that is put together of pieces.
    const first = piece.indexOf("\n");
    for (let end = first === -1 ? -1 : known + first; end !== -1; end = unread.indexOf("\n", start)) {
      this.#readLine(unread.slice(start, end), items);
      start = end + 1;
    }
    this.#rest = start === 0 ? unread : unread.slice(start);
    if (this.#rest.length + this.#pending.length > EVENT_MAX_CHARS) {
      throw new RangeError("it sent an event of more than 16 MiB");
    }
    return items;
  }

  /** The items of what is left, once the server has ended. */
  end(): SseItem[] {
    const items: SseItem[] = [];
    if (this.#rest !== "") this.#readLine(this.#rest, items);
    this.#rest = "";
    this.#dropPending(items);
    return items;
  }

  /** A line ends in CR, LF or both; the two may come in two pieces. */
  #withLineFeeds(text: string): string {
    if (!this.#endedInReturn && !text.includes("\r")) return text;
    const rest = this.#endedInReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#endedInReturn = text.endsWith("\r");
    return rest.replace(/\r\n?/g, "\n");
  }

  #readLine(line: string, items: SseItem[]): void {
    if (line.startsWith("data:")) this.#readData(line.slice(5), true, items);
    else if (line === "") {
      // Inside JSON that came without a field name, an empty line means nothing.
      if (this.#isField) this.#dropPending(items);
      this.#event = "";
    } else if (line.startsWith("event:")) this.#event = line.slice(6).trim();
    else if (line.startsWith("error:")) {
      this.#event = "error";
      this.#readData(line.slice(6), true, items);
    } else if (!/^(:|id:|retry:)/.test(line)) this.#readBare(line, items);
  }

  #readBare(line: string, items: SseItem[]): void {
    if (this.#pending !== "" || /^\s*[{[]/.test(line)) this.#readData(line, this.#isField, items);
    else if (line.trim() !== "") items.push({ type: "words", text: line, event: this.#event });
  }

  #readData(data: string, isField: boolean, items: SseItem[]): void {
    // Proxies put the name of the field before a line that has it.
    const text = data.replace(/^(?:\s*data:)*/, "").trim();
    if (/^"?\[DONE\]"?$/i.test(text)) {
      this.#dropPending(items);
      items.push({ type: "done" });
      return;
    }
    const ends = text.endsWith("}") || text.endsWith("]");
    const value = this.#pending === "" ? this.#readFirst(text, ends) : this.#readNext(text, ends, items);
    if (value === undefined) {
      if (this.#pending === "") this.#isField = isField;
      this.#pending = this.#pending === "" ? text : `${this.#pending}\n${text}`;
      return;
    }
    this.#pending = "";
    this.#isField = false;
    items.push({ type: "json", value, event: this.#event });
  }

  /** Nearly every event is one whole line, whose brackets need no counting. */
  #readFirst(text: string, ends: boolean): unknown {
    const value = ends ? parseJson(text) : undefined;
    if (value === undefined) this.#depth = depthOf(text);
    return value;
  }

  #readNext(text: string, ends: boolean, items: SseItem[]): unknown {
    this.#depth += depthOf(text);
    if (!ends) return undefined;
    const joined = this.#depth === 0 ? parseJson(`${this.#pending}\n${text}`) : undefined;
    if (joined !== undefined) return joined;
    // What is pending was broken, if this line is whole.
    const whole = parseJson(text);
    if (whole !== undefined) this.#dropPending(items);
    return whole;
  }

  #dropPending(items: SseItem[]): void {
    if (this.#pending !== "") items.push({ type: "words", text: this.#pending, event: this.#event });
    this.#pending = "";
    this.#isField = false;
  }
}

/** Brackets that this line opens less those that it closes. A string of JSON ends in its line. */
function depthOf(line: string): number {
  const brackets = line.replace(/"(?:[^"\\]|\\.)*"/g, "").replace(/[^[\]{}]/g, "");
  let depth = 0;
  for (const bracket of brackets) depth += bracket === "{" || bracket === "[" ? 1 : -1;
  return depth;
}
