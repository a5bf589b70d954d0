import { readFileSync } from "node:fs";
import { PipitError } from "#contract/pipit-error.ts";
import type { FoundEnvironment } from "./settings-source.ts";

/** A name, and where its value begins. */
const ASSIGNMENT = /^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*/;
/** In double quotes a backslash counts before these only. */
const ESCAPED_IN_QUOTES = new Set(['"', "\\", "`", "$"]);

/**
 * Reads a file of variables as systemd does (`EnvironmentFile=` of systemd.exec(5)), where `$`, `&` and blanks stand for
 * themselves, so that a command has what the server has that systemd started.
 *
 * @throws PipitError CONFIG_INVALID for a file that cannot be read or a quote that is not closed; values are not in it
 */
export function readEnvironmentFile(path: string): Required<FoundEnvironment> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unreadable";
    throw new PipitError(
      "CONFIG_INVALID",
      `${path} cannot be read (${code}). Name a file that you may read.`,
      { cause },
    );
  }
  const found: Record<string, string> = {};
  const lines: Record<string, number> = {};
  let rest = text;
  while (rest !== "") {
    const begin = /^[;#]/.test(rest.trimStart()) ? null : ASSIGNMENT.exec(rest);
    if (begin === null) {
      rest = afterLine(rest);
      continue;
    }
    const [all, name = ""] = begin;
    const { value, after } = readValue(rest.slice(all.length), `${path}: ${name}`);
    found[name] = value;
    lines[name] = text.slice(0, text.length - rest.length).split("\n").length;
    rest = after;
  }
  return {
    env: found,
    placeOf: (name) => (name in lines ? ` in ${path} (line ${String(lines[name])})` : ""),
  };
}

/** Comments go on after a backslash, too. */
function afterLine(text: string): string {
  const end = /(?:\\\n|[^\n])*\n?/.exec(text)?.[0].length ?? 0;
  return text.slice(Math.max(end, 1));
}

/** Up to the end of its line. Quotes count where the value begins and where others have ended; blanks before and between are none of it. */
function readValue(text: string, place: string): { readonly value: string; readonly after: string } {
  let value = "";
  let rest = text;
  for (;;) {
    rest = rest.replace(/^[ \t]+/, "");
    const quote = rest[0];
    if (quote !== "'" && quote !== '"') break;
    const quoted = readQuoted(rest.slice(1), quote, place);
    value += quoted.value;
    rest = quoted.after;
  }
  const plain = readPlain(rest);
  return { value: value + plain.value, after: plain.after };
}

function readQuoted(text: string, quote: "'" | '"', place: string) {
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const [sign = "", next = ""] = [text[at], text[at + 1]];
    if (sign === quote) return { value, after: text.slice(at + 1) };
    if (quote === '"' && sign === "\\" && (next === "\n" || ESCAPED_IN_QUOTES.has(next))) {
      if (next !== "\n") value += next;
      at++;
    } else value += sign;
  }
  throw new PipitError(
    "CONFIG_INVALID",
    `${place}: the quote is not closed. Close it, or write the value without.`,
  );
}

function readPlain(text: string): { readonly value: string; readonly after: string } {
  let value = "";
  /** Blanks up to here were escaped, so they stay. */
  let kept = 0;
  let at = 0;
  for (; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] !== "\\") {
      value += text[at];
      continue;
    }
    at++;
    if (text[at] === "\n" || text[at] === undefined) continue;
    value += text[at];
    kept = value.length;
  }
  return { value: value.slice(0, kept) + value.slice(kept).trimEnd(), after: text.slice(at + 1) };
}
