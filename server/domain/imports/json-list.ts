/** Deeper nested than any chat. */
const MAX_LEVELS = 200;
/** Longest name of a field that is looked at. */
const MAX_KEY_CHARS = 32;
/**
 * Exports have a bracket or a string in ten characters and more. An empty object of two needs fifty bytes of memory, and
 * the parser of JSON that gets no more of it ends the whole server, not only its thread.
 */
const CHARS_PER_MARK = 8;

/** An object of the list, as its JSON; or why it is left out. */
export type ListItem =
  | { readonly json: string }
  | { readonly problem: "too_large" | "damaged"; readonly begin: string };

/** The file is not what it seems to be, e.g. a page of HTML. */
export class NoListError extends Error {}

/**
 * Finds the objects of a list in JSON that comes in pieces, and keeps no more of it than one of them: of the list that the
 * document is, or that is its field `name`. What is wrong within an object is left to its reader.
 */
export class JsonListReader {
  readonly #name: string;
  readonly #maxChars: number;
  #begun = false;
  #depth = 0;
  /** Depth of the list; 0: not found yet. */
  #listDepth = 0;
  #hasEnded = false;
  #inString = false;
  #escaped = false;
  /** The last string of the outermost object. */
  #key: string | undefined;
  /** Of the object that is being read; its end is still to come. */
  #parts: string[] | undefined;
  #chars = 0;
  #marks = 0;
  #isTooDeep = false;

  constructor(name: string, maxChars: number) {
    this.#name = name;
    this.#maxChars = maxChars;
  }

  /** Whether the document has ended. */
  get isWhole(): boolean {
    return this.#begun && this.#depth === 0;
  }

  get hasList(): boolean {
    return this.#listDepth > 0;
  }

  get #isInList(): boolean {
    return this.hasList && !this.#hasEnded && this.#depth === this.#listDepth;
  }

  /** @throws NoListError for what is no list and no object */
  *read(piece: string): Generator<ListItem> {
    let from = 0;
    for (let at = this.#begun ? 0 : this.#begin(piece); at < piece.length; at += 1) {
      at = this.#inString ? this.#skipString(piece, at) : this.#nextMark(piece, at);
      if (at >= piece.length) break;
      const wasInItem = this.#parts !== undefined;
      this.#pass(piece[at] ?? "");
      if (!wasInItem && this.#parts !== undefined) from = at;
      if (!wasInItem || !this.#isInList) continue;
      this.#keep(piece.slice(from, at + 1));
      yield this.#item();
    }
    if (this.#parts !== undefined) this.#keep(piece.slice(from));
  }

  #pass(mark: string): void {
    this.#marks += 1;
    if (mark === '"') {
      this.#inString = true;
      this.#key = !this.hasList && this.#depth === 1 ? "" : undefined;
    } else if (mark === "{" || mark === "[") this.#open(mark);
    else {
      this.#depth -= 1;
      if (this.#depth < this.#listDepth) this.#hasEnded = true;
    }
  }

  #begin(piece: string): number {
    const at = piece.search(/[^\s\uFEFF]/u);
    if (at < 0) return piece.length;
    if (piece[at] !== "[" && piece[at] !== "{") throw new NoListError();
    this.#begun = true;
    return at;
  }

  /** Behind the string that is open; at its end when that is still to come. */
  #skipString(piece: string, from: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at += 1;
    }
    const marks = /["\\]/g;
    marks.lastIndex = at;
    for (let found = marks.exec(piece); found !== null; found = marks.exec(piece)) {
      if (found[0] === "\\") {
        if (marks.lastIndex === piece.length) {
          this.#escaped = true;
          break;
        }
        marks.lastIndex += 1;
        continue;
      }
      if (this.#key !== undefined) this.#key = this.#key + piece.slice(from, found.index);
      this.#inString = false;
      return this.#nextMark(piece, marks.lastIndex);
    }
    if (this.#key !== undefined && this.#key.length <= MAX_KEY_CHARS) this.#key += piece.slice(from);
    return piece.length;
  }

  #nextMark(piece: string, from: number): number {
    const marks = /["[\]{}]/g;
    marks.lastIndex = from;
    return marks.exec(piece)?.index ?? piece.length;
  }

  #open(mark: "{" | "["): void {
    if (mark === "{" && this.#isInList) {
      this.#parts = [];
      this.#chars = 0;
      this.#marks = 0;
      this.#isTooDeep = false;
    }
    const isList = this.#depth === 0 || (this.#depth === 1 && this.#key === this.#name);
    if (mark === "[" && !this.hasList && isList) this.#listDepth = this.#depth + 1;
    this.#key = undefined;
    this.#depth += 1;
    if (this.#depth > this.#listDepth + MAX_LEVELS) this.#isTooDeep = true;
  }

  get #isTooLarge(): boolean {
    return this.#chars > this.#maxChars || this.#marks * CHARS_PER_MARK > this.#maxChars;
  }

  #keep(part: string): void {
    this.#chars += part.length;
    // Of one that is too large only its beginning stays, which may tell its name.
    if (!this.#isTooLarge || this.#parts?.length === 0) this.#parts?.push(part);
    else this.#parts?.splice(1);
  }

  #item(): ListItem {
    const parts = this.#parts ?? [];
    this.#parts = undefined;
    const problem = this.#isTooLarge ? "too_large" : this.#isTooDeep ? "damaged" : undefined;
    if (problem !== undefined) return { problem, begin: (parts[0] ?? "").slice(0, 10_000) };
    return { json: parts.join("") };
  }
}
