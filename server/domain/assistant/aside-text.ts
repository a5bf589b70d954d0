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
/** What a person wants done with a text, which is then mostly not about themselves. */
const textTask =
  "translat\\p{L}*|rewrite|rephrase|paraphrase|proof-?read|summari[sz]e|shorten|correct|fix|edit|improve|polish|" +
  "перев[её]д\\p{L}*|переведи\\p{L}*|перепиши\\p{L}*|перефразируй\\p{L}*|исправь\\p{L}*|сократи\\p{L}*|перескажи\\p{L}*|проверь\\p{L}*|улучши\\p{L}*";
const textKind =
  "e?-?mail|letter|text|article|message|document|essay|story|post|письм\\p{L}|текст|стать\\p{L}|сообщени\\p{L}|документ";
const saying =
  "say|says|said|saying|tells|told|writes?|wrote|claims?|claimed|thinks|thought|believes|говор\\p{L}*|сказал\\p{L}*|пиш[еу]т|написал\\p{L}*|писал\\p{L}*|думает|считает|якобы|будто";
/** From where a message hands a text over: what follows is that text. */
const handedOver = new RegExp(
  `(?<!\\p{L})(?:(?:${textTask})(?!\\p{L})[^\n:]{0,200}[:\n]|(?:${textKind}|${saying})(?!\\p{L})[^\n:]{0,200}:|` +
    "^(?:from|sent|subject|от|кому|тема|von|betreff)[ \\t]*:)[^]*",
  "imu",
);
/** Words before a passage in its clause with which it does not say what it says alone; an auxiliary verb makes it a question. */
const turning = new RegExp(
  `(?<!\\p{L})(?:${textTask}|${saying}|not|no(?=\\s)|never|\\p{L}*n['’]t|nor|without|if|whether|unless|suppose|imagine|pretend|story|novel|character|joke|` +
    "не|ни|никогда|если|бы|ли|представ\\p{L}*|допустим|предположим|рассказ|роман|персонаж|nicht|kein\\p{L}*|nie|wenn|falls|pas|jamais|si|nunca|não|non|mai" +
    ")(?!\\p{L})|(?<!\\p{L})(?:do|did|am|was|can|could|should|would|will|shall|may|might|must|have|had)\\s*$",
  "iu",
);
const clauseEnd = /[.!?;…\n]|[,\s]\s*(?:and|but|so|и|а|но)\s/iu;
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
 * The part of a message in which a person may speak of themselves: without code, quoted lines, quotations, and texts that are
 * handed over to be worked on. "" where there is none, or so much that most of it was pasted.
 */
export function ownWords(message: string): string {
  if (message.length > OWN_WORDS_MAX_CHARS * 4) return "";
  const words = message
    .replaceAll(/(```|~~~)[^]*?(\1|$)/gu, "\n")
    .replaceAll(/^[ \t]*>.*$/gmu, "\n")
    .replaceAll(/^(?: {4}|\t).*$/gmu, "\n")
    .replaceAll(quoted, "\n")
    .replace(handedOver, "\n")
    .trim();
  if (words.length > OWN_WORDS_MAX_CHARS) return "";
  return isOfThemselves(words) ? words : "";
}

function isOfThemselves(words: string): boolean {
  return ofThemselves.test(words) || otherScript.test(words);
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

/**
 * The span as it stands in the message, on one line; undefined where it does not, is nothing to keep, is not of the person, or
 * means something else there.
 */
function memoryIn(own: string, span: unknown): string | undefined {
  if (typeof span !== "string" || span.length > MEMORY_MAX_CHARS) return undefined;
  const words = span.trim().split(/\s+/u);
  const pattern = words
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`))
    .join(String.raw`\s+`);
  const found = new RegExp(String.raw`(?<![\p{L}\p{N}])${pattern}(?![\p{L}\p{N}])`, "iu").exec(own);
  if (found === null || found[0].includes("\n\n")) return undefined;
  const clause = own.slice(0, found.index).split(clauseEnd).at(-1) ?? "";
  const text = found[0].replaceAll(/\s+/gu, " ");
  const isKept = text.length >= MEMORY_MIN_CHARS && isOfThemselves(text);
  return isKept && !turning.test(clause) && !secret.test(text) ? text : undefined;
}
