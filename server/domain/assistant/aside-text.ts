import { z } from "zod";
import { MEMORY_MAX_CHARS } from "#contract/limits.ts";
import { titleFrom } from "../chats/title.ts";

/** A longer message is mostly something that was pasted: others' words. */
const OWN_WORDS_MAX_CHARS = 2_000;
/** A shorter text says nothing that stands for itself. */
const MEMORY_MIN_CHARS = 8;
/** Most memories of one message. */
const MEMORIES_OF_MESSAGE = 3;
/** Words in quotation marks that are more than a name are somebody else's. */
const QUOTED_MIN_CHARS = 30;
/** A longer one is no title: the model has not understood what it was asked. */
const TITLE_READ_MAX_CHARS = 120;

const quoted = new RegExp(
  ["“”", "«»", "„“", '""']
    .map(([open = "", close = ""]) => `${open}[^${open}${close}]{${QUOTED_MIN_CHARS},}${close}`)
    .join("|"),
  "gu",
);
/** A person who speaks of themselves, or asks for something to be remembered, in the languages that this knows. */
const ofThemselves =
  /(?<!\p{L})(i|i['’]\w+|me|my|mine|myself|we|our|us|remember|always|never|prefer|call me|я|мне|меня|мной|мой|моя|моё|мое|мои|моего|моей|моих|мою|у нас|мы|наш\p{L}*|запомни|всегда|никогда|ich|mir|mich|mein\p{L}*|wir|unser\p{L}*|je|j['’]\p{L}+|moi|mon|ma|mes|nous|yo|mi|mis|me|soy|tengo|nosotros|eu|meu|minha|io|mio|mia|sono)(?!\p{L})/iu;
const otherScript = /[^\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]/u;
/** What a person may have said, and would not want to read in a list. */
const secret =
  /passw|passphrase|passcode|парол|пин-?код|\bpin\b|api[ _-]?key|secret|token|секрет|токен|\bcvv\b|\d(?:[ -]?\d){8,}|[\w-]{24,}/iu;
const refusal = /^(i['’]?m sorry|sorry|i can(?:no|['’])t|i am unable|as an ai|извин|к сожалению|я не могу)/iu;

/** What a model may find in the first message of a chat, and in any. */
export interface AsideAnswer {
  readonly title: string | undefined;
  /** Word for word as the person wrote them. */
  readonly memories: readonly string[];
}

const answerShape = z.object({
  title: z.unknown().optional(),
  remember: z.unknown().optional(),
});

/**
 * The part of a message in which a person may speak of themselves: without code, quoted lines and quotations. "" where there is
 * none, or so much that most of it was pasted.
 */
export function ownWords(message: string): string {
  if (message.length > OWN_WORDS_MAX_CHARS * 4) return "";
  const words = message
    .replaceAll(/(```|~~~)[^]*?(\1|$)/gu, "\n")
    .replaceAll(/^[ \t]*>.*$/gmu, "\n")
    .replaceAll(/^(?: {4}|\t).*$/gmu, "\n")
    .replaceAll(quoted, "\n")
    .trim();
  if (words.length > OWN_WORDS_MAX_CHARS) return "";
  return ofThemselves.test(words) || otherScript.test(words) ? words : "";
}

/**
 * Reads what a model answered, which may be anything. A memory is taken only where the person wrote it, so that no word of anybody
 * else can become one, whatever the model makes up or was talked into.
 *
 * @param own of {@link ownWords}
 */
export function readAside(answer: string, own: string): AsideAnswer {
  const { data } = answerShape.safeParse(jsonIn(answer));
  const spans = Array.isArray(data?.remember) ? data.remember.slice(0, MEMORIES_OF_MESSAGE) : [];
  const memories = spans.flatMap((span) => memoryIn(own, span) ?? []);
  return { title: titleIn(data?.title), memories: [...new Set(memories)] };
}

function jsonIn(answer: string): unknown {
  const from = answer.indexOf("{");
  const to = answer.lastIndexOf("}");
  try {
    return JSON.parse(answer.slice(from, to + 1));
  } catch {
    return undefined;
  }
}

function titleIn(title: unknown): string | undefined {
  if (typeof title !== "string" || title.length > TITLE_READ_MAX_CHARS) return undefined;
  const bare = title.trim().replaceAll(/^[\s"'“”«»*_#`]+|[\s"'“”«»*_`.]+$/gu, "");
  if (!/[\p{L}\p{N}]/u.test(bare) || refusal.test(bare)) return undefined;
  return titleFrom(bare);
}

/** The span as it stands in the message, on one line; undefined where it does not, or is nothing to keep. */
function memoryIn(own: string, span: unknown): string | undefined {
  if (typeof span !== "string" || span.length > MEMORY_MAX_CHARS) return undefined;
  const words = span.trim().split(/\s+/u);
  const pattern = words
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`))
    .join(String.raw`\s+`);
  const found = new RegExp(String.raw`(?<![\p{L}\p{N}])${pattern}(?![\p{L}\p{N}])`, "iu").exec(own)?.[0];
  if (found === undefined || found.includes("\n\n")) return undefined;
  const text = found.replaceAll(/\s+/gu, " ");
  return text.length < MEMORY_MIN_CHARS || secret.test(text) ? undefined : text;
}
