import { toExpression } from "./expressions.ts";

/** What the built-in responder understands. */
export type Intent =
  | { readonly kind: "search"; readonly query: string }
  | { readonly kind: "calculate"; readonly expression: string }
  | { readonly kind: "time"; readonly place: string | undefined }
  | { readonly kind: "date" }
  | { readonly kind: "connect" }
  | { readonly kind: "help" }
  | { readonly kind: "greeting" }
  | { readonly kind: "thanks" }
  | { readonly kind: "unknown" };

interface Rule {
  readonly pattern: RegExp;
  /** Undefined: the words match but what they ask for does not; the next rule is tried. */
  readonly intent: (match: RegExpExecArray) => Intent | undefined;
}

/** End of the subject: quotes and punctuation around it are not part of it. */
const clean = (text: string | undefined) => (text ?? "").replace(/^[\s"'«“]+|[\s"'»”?!.]+$/gu, "");

const search = (match: RegExpExecArray): Intent | undefined => {
  const query = clean(match.groups?.["what"]);
  return query === "" ? undefined : { kind: "search", query };
};
const calculate = (match: RegExpExecArray): Intent | undefined => {
  const expression = toExpression((match.groups?.["what"] ?? "").trim());
  return expression === undefined ? undefined : { kind: "calculate", expression };
};
const time = (match: RegExpExecArray): Intent => {
  const place = clean(match.groups?.["where"]);
  return { kind: "time", place: place === "" ? undefined : place };
};
const always = (kind: "date" | "connect" | "help" | "greeting" | "thanks") => (): Intent => ({ kind });

/** In order; the first that matches wins. Texts are trimmed; `\b` does not know Cyrillic, hence the lookarounds. */
const RULES: readonly Rule[] = [
  // Sums, with or without a question around them.
  {
    pattern:
      /^(?:please\s+)?(?:what(?:'s|’s| is| are)|how much (?:is|are)|calculate|compute|evaluate|convert|count)\s+(?<what>.+)$/iu,
    intent: calculate,
  },
  {
    pattern:
      /^(?:пожалуйста,?\s+)?(?:сколько (?:это )?будет|сколько это|чему рав\p{L}+|посчитай|подсчитай|вычисли|рассчитай)\s*:?\s+(?<what>.+)$/iu,
    intent: calculate,
  },
  { pattern: /^(?<what>.+)$/u, intent: calculate },
  // What was said before.
  {
    pattern:
      /(?:what|when|where|why|how|did|have|had)\s.*\b(?:we|i|you)\s+(?:\w+\s+)?(?:say|said|talk|talked|speak|spoke|discuss|discussed|mention|mentioned|decide|decided|write|wrote|agree|agreed)\b(?:\s+(?:about|on|of|that))?\s+(?<what>.+)$/iu,
    intent: search,
  },
  {
    pattern:
      /^(?:please\s+)?(?:search|find|look\s+(?:up|for)|look\s+through)(?:\s+(?:in\s+)?(?:my|our|this|the|all)?\s*(?:chats?|history|messages?|conversations?))?(?:\s+(?:for|about))?\s+(?<what>.+)$/iu,
    intent: search,
  },
  {
    pattern: /^(?:do you\s+)?remember\s+(?!(?:to|that)\b)(?:what .*\babout\s+)?(?<what>.+)$/iu,
    intent: search,
  },
  {
    pattern:
      /^(?:пожалуйста,?\s+)?(?:найди|поищи|отыщи|найти|поиск)(?!\p{L})(?:\s+(?:в|по)\s+(?:истори\p{L}*|чат\p{L}*|сообщени\p{L}*|переписк\p{L}*|разговор\p{L}*))?:?\s+(?:(?:про|об?)\s+)?(?<what>.+)$/iu,
    intent: search,
  },
  {
    pattern:
      /(?:что|когда|где|о чём|о чем)\s.*(?:говори|сказа|обсужда|обсуди|писа|реши|упомина|договори)л[аио]?(?:с[ья])?\s+(?:(?:про|насчёт|насчет|об?)\s+)?(?<what>.+)$/iu,
    intent: search,
  },
  { pattern: /^помнишь,?\s+(?:.*(?:про|об?)\s+)?(?<what>.+)$/iu, intent: search },
  // Time and date.
  {
    pattern:
      /^(?:please\s+)?(?:(?:can|could) you\s+)?(?:tell me\s+)?(?:what(?:'s|’s| is)?\s+)?(?:the\s+)?(?:current\s+|local\s+)?time(?:\s+is\s+it)?(?:\s+(?:right\s+)?now)?(?:\s+in\s+(?<where>[^?]+?))?(?:\s+(?:right\s+)?now)?\s*[?.!]*$/iu,
    intent: time,
  },
  {
    pattern:
      /^(?:подскажи\p{L}*,?\s+|скажи\p{L}*,?\s+)?(?:сколько\s+(?:сейчас\s+)?врем\p{L}+|который\s+(?:сейчас\s+)?час|(?:какое\s+)?(?:сейчас\s+)?(?:текущее\s+)?время)(?:\s+сейчас)?(?:\s+во?\s+(?<where>[^?]+?))?(?:\s+сейчас)?\s*[?.!]*$/iu,
    intent: time,
  },
  {
    pattern:
      /^(?:please\s+)?(?:tell me\s+)?(?:what(?:'s|’s| is)?\s+)?(?:the\s+|today(?:'s|’s)\s+)?(?:current\s+)?(?:date|day(?:\s+of the week)?)(?:\s+is\s+(?:it|today))?(?:\s+today)?\s*[?.!]*$/iu,
    intent: always("date"),
  },
  {
    pattern:
      /^(?:какое|какая|какой|который)\s+(?:сегодня\s+|сейчас\s+)?(?:число|дата|день(?:\s+недели)?)(?:\s+сегодня)?\s*[?.!]*$|^(?:сегодняшняя\s+)?дата\s*[?.!]*$/iu,
    intent: always("date"),
  },
  // About itself.
  {
    pattern:
      /\b(?:connect|add|install|set ?up|configure|use|enable|get)(?:\s+(?:to|an?|the|my|your|another|local|language|own|real|new|ai))*\s+(?:models?|llms?|ollama|openai|gpt|ai)(?:\s+(?:here|now|locally|(?:to|with|in|for) (?:it|this|you|pipit)))*\s*[?.!]*$|^ollama[?.!]*$/iu,
    intent: always("connect"),
  },
  {
    pattern:
      /(?:подключ|добав|установ|настро|включ)\p{L}*(?:\s+(?:сюда|к|языков\p{L}*|локальн\p{L}*|сво\p{L}*|друг\p{L}*|нов\p{L}*))*\s+(?:модел\p{L}*|ollama|нейросет\p{L}*|ии)(?:\s+(?:сюда|здесь|к (?:тебе|вам|pipit)))*\s*[?.!]*$/iu,
    intent: always("connect"),
  },
  {
    pattern:
      /^(?:\/?help|\?+|what (?:can|do) you do|what are you(?: able to do)?|who are you|how (?:do you work|does this work|can you help(?: me)?)|are you (?:an? )?(?:ai|bot|llm|language model|human|real)\b.*|what is pipit)\s*[?.!]*$/iu,
    intent: always("help"),
  },
  {
    pattern:
      /^(?:помощь|справка|помоги|что ты (?:умеешь|можешь)(?: делать)?|что вы умеете|кто ты(?: так\p{L}+)?|как ты работаешь|ты (?:бот|робот|человек|ии|нейросеть)|что такое pipit)\s*[?.!]*$/iu,
    intent: always("help"),
  },
  {
    pattern: /^(?:hi|hello|hey|good (?:morning|afternoon|evening|day))(?:[\s,]+(?:there|pipit))?\s*[?.!]*$/iu,
    intent: always("greeting"),
  },
  {
    pattern:
      /^(?:привет(?:ик)?|здравствуй(?:те)?|добр\p{L}+ (?:день|утро|вечер)|хай)(?:[\s,]+pipit)?\s*[?.!]*$/iu,
    intent: always("greeting"),
  },
  { pattern: /^(?:thanks?|thank you|thx|cheers)(?:\s[^?]{0,20})?[?.!]*$/iu, intent: always("thanks") },
  { pattern: /^(?:спасибо|благодарю|спс)(?:\s[^?—]{0,20})?[.!]*$/iu, intent: always("thanks") },
];

/** Longest text that rules are tried on: beyond it, it is prose, and patterns should not crawl over it. */
const RULE_MAX_CHARS = 400;

/** What a text asks for, by plain rules. */
export function recognize(text: string): Intent {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "" || line.length > RULE_MAX_CHARS) return { kind: "unknown" };
  for (const { pattern, intent } of RULES) {
    const match = pattern.exec(line);
    const found = match === null ? undefined : intent(match);
    if (found !== undefined) return found;
  }
  return { kind: "unknown" };
}
