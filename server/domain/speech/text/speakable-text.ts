import { primaryLanguage } from "./language.ts";
import { InlineReader } from "./speakable-inline.ts";
import { readLineStart, type LineContext, type LineStart } from "./speakable-lines.ts";

/** Turns markdown into text that can be spoken; see {@link createSpeakableText}. */
export interface SpeakableText {
  /** Takes a token; returns what can be said of it so far. A line feed in the result ends a sentence for sure. */
  push(token: string): string;
  /** The text is over: returns what was held back. */
  end(): string;
}

/**
 * Markdown to speech, token by token. Code blocks and HTML tags are left out, inline code, links and headings are read
 * as their text, addresses as "link", emoji not at all. Only an undecided construct is held back (a line start, an open
 * tag, a possible address), never more than about 1000 characters, so a token costs the same however long the answer.
 */
export function createSpeakableText(locale: string): SpeakableText {
  const inline = new InlineReader(primaryLanguage(locale) === "ru" ? "ссылка" : "link");
  const context: LineContext = { fence: undefined, inList: false, blankBefore: true, codeBefore: false };
  let pending = "";
  let line: LineStart | undefined;

  /** Takes the start of a line; undefined when more text is needed. */
  function startLine(atEnd: boolean): string | undefined {
    const start = readLineStart(pending, context, atEnd);
    if (start === undefined) return undefined;
    pending = pending.slice(start.consumed);
    line = start.rest === "none" ? undefined : start;
    if (!start.breakBefore) return "";
    inline.endParagraph();
    return "\n";
  }

  /** Takes what is there of the rest of a line. `done`: the line is over and was taken. */
  function restOfLine(atEnd: boolean): { readonly said: string; readonly done: boolean } {
    const feed = pending.indexOf("\n");
    const part = feed === -1 ? pending : pending.slice(0, feed);
    const dropped = line?.rest === "dropped";
    const read = dropped ? { said: "", consumed: part.length } : inline.read(part, feed !== -1 || atEnd);
    if (feed === -1) {
      pending = pending.slice(read.consumed);
      return { said: read.said, done: false };
    }
    pending = pending.slice(feed + 1);
    const breaks = inline.endLine() || line?.breakAfter === true;
    line = undefined;
    return { said: read.said + (breaks || dropped ? "\n" : " "), done: true };
  }

  function drain(atEnd: boolean): string {
    let said = "";
    while (pending !== "") {
      if (line === undefined && !inline.skipping) {
        const start = startLine(atEnd);
        if (start === undefined) return said;
        said += start;
        if (line === undefined) continue;
      }
      const rest = restOfLine(atEnd);
      said += rest.said;
      if (!rest.done) return said;
    }
    return atEnd ? said + inline.read("", true).said : said;
  }

  return {
    push(token) {
      pending += token.replaceAll("\r", "");
      return drain(false);
    },
    end: () => drain(true),
  };
}
