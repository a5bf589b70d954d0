/** What stands behind a mark. */
export interface Section {
  readonly type: "text" | "reasoning" | "call";
  /** The mark that ends it; "" where only the header of the next message does, or the end of this one. */
  readonly close: string;
  /** The tool that a message of harmony is for; its body is the arguments. */
  readonly tool?: string;
}

/** A mark of a chat template that came as text. */
export interface Mark {
  readonly length: number;
  readonly opens: Section;
  readonly isHarmony: boolean;
  /** All before it was reasoning, if no mark began it: a template had written that one itself. */
  readonly takesText: boolean;
}

/** Which marks count at a place. */
export interface Place {
  readonly section: Section;
  /** Only white space stands before it: in the answer, or behind the last mark. */
  readonly isStart: boolean;
  readonly isCode: boolean;
  readonly hasMarks: boolean;
  /** A mark of harmony was there. */
  readonly isHarmony: boolean;
}

export const TEXT: Section = { type: "text", close: "" };
export const CALL_OPEN = "<tool_call>";
export const CALL_CLOSE = "</tool_call>";
const CALL: Section = { type: "call", close: CALL_CLOSE };
/** Only in front of what may be a call: an answer may be about the mark. */
const CALL_HEAD = /^<tool_call>\s*(?:\{|<function=)/;
const CALL_BEGINNING = /^<tool_call>\s{0,80}(?:<[a-z]{0,8})?$/;

/** Templates write some of the opening ones themselves, so that only the end comes. The last one is Gemma's. */
const PAIRS: readonly (readonly [open: string, close: string])[] = [
  ...["think", "thinking", "thought", "reasoning", "reason", "analysis", "seed:think"].map(
    (name) => [`<${name}>`, `</${name}>`] as const,
  ),
  ["[think]", "[/think]"],
  ["◁think▷", "◁/think▷"],
  ["<|channel>thought", "<channel|>"],
];
const OPENINGS = PAIRS.map(([open, close]) => [open, { type: "reasoning", close } as const] as const);
const CLOSINGS = PAIRS.map(([, close]) => [close, TEXT] as const);

/** The header of a message of harmony, the format of gpt-oss, with the end of the message before it. */
const HEADER =
  /^(<\|(?:end|return|call)\|>\s*)?(?:<\|start\|>([^<]{0,80}))?(?:<\|channel\|>([^<]{0,80}))?(?:<\|constrain\|>[^<]{0,40})?<\|message\|>/;
const HEADER_BEGINNING =
  /^(?:<\|(?:end|return|call)\|>\s*)?(?:<\|start\|>[^<]{0,80})?(?:<\|channel\|>[^<]{0,80})?(?:<\|constrain\|>[^<]{0,40})?(?:<(?:\|[a-z]{0,9}\|?)?)?$/;
const MESSAGE_END = /^<\|(?:end|return|call)\|>/;

/** gpt-oss without its special tokens: "analysisThe user ... assistantfinalHello". An answer may begin with `analysisResults`. */
const BARE_OPEN = /^analysis(?=(?:The|We|User|I|Need|They|This|Let|It|Just|Simple|Okay|So)['’,.]? )/;
const BARE_BEGINNING = /^(?:a|an|ana|anal|analy|analys|analysi|analysis(?:[A-Z][a-z]{0,5}['’,.]?)?)$/;
const BARE_CLOSE = "assistantfinal";

/** The ends of turns of most templates, and what begins a header of harmony. */
const TURN_ENDS = [
  ...["end", "return", "call", "start", "im_end", "eot_id", "eom_id", "endoftext", "end_of_text"].map(
    (name) => `<|${name}|>`,
  ),
  "<｜end▁of▁sentence｜>",
  "<end_of_turn>",
  "<turn|>",
  "<eos>",
];

const FIRST_CHARS = /[<[◁]/;
const START_FIRST_CHARS = /[<[◁a]/;
const BARE_FIRST_CHARS = /a/;

/** Where the next mark may begin. */
export function firstCharsAt({ section, isStart, hasMarks }: Place): RegExp {
  if (section.close === BARE_CLOSE) return BARE_FIRST_CHARS;
  return isStart && !hasMarks ? START_FIRST_CHARS : FIRST_CHARS;
}

type Found = Mark | "more" | undefined;

/** What may begin at a place, and where it counts. */
const READERS: readonly (readonly [
  counts: (place: Place) => boolean,
  read: (rest: string, place: Place) => Found,
])[] = [
  [(place) => place.isHarmony || isProse(place), headerIn],
  [({ isStart, hasMarks }) => isStart && !hasMarks, bareIn],
  [(place) => place.isStart || (place.hasMarks && isProse(place)), (rest) => oneOf(rest, OPENINGS, false)],
  [isProse, callIn],
  [(place) => isProse(place) && !place.hasMarks, (rest) => oneOf(rest, CLOSINGS, true)],
  [() => true, turnEndIn],
];

function isProse({ section, isCode }: Place): boolean {
  return section.type === "text" && !isCode;
}

/** The mark that `rest` begins with, if it counts at this place; "more" when that depends on what follows. */
export function markIn(rest: string, place: Place): Found {
  const { close } = place.section;
  if (close !== "") return oneOf(rest, [[close, TEXT]], false);
  let more: "more" | undefined;
  for (const [counts, read] of READERS) {
    const found = counts(place) ? read(rest, place) : undefined;
    if (found !== undefined && found !== "more") return found;
    more ??= found;
  }
  return more;
}

/** No mark: it is kept until the end, and dropped there. */
function turnEndIn(rest: string): Found {
  return TURN_ENDS.some((end) => end.startsWith(rest) || isOnly(rest, end)) ? "more" : undefined;
}

/** What was held back until the end is no part of the answer. */
export function isTurnEnd(held: string): boolean {
  return TURN_ENDS.some((end) => held.startsWith(end));
}

function isOnly(rest: string, mark: string): boolean {
  return rest.startsWith(mark) && rest.slice(mark.length).trim() === "";
}

function oneOf(
  rest: string,
  marks: readonly (readonly [mark: string, opens: Section])[],
  takesText: boolean,
): Found {
  let found: "more" | undefined;
  for (const [mark, opens] of marks) {
    const head = rest.slice(0, mark.length).toLowerCase();
    if (head === mark) return { length: mark.length, opens, takesText, isHarmony: false };
    if (mark.startsWith(head)) found = "more";
  }
  return found;
}

function callIn(rest: string): Found {
  if (CALL_BEGINNING.test(rest)) return "more";
  const found = oneOf(rest, [[CALL_OPEN, CALL]], false);
  return found === "more" || CALL_HEAD.test(rest) ? found : undefined;
}

function bareIn(rest: string): Found {
  if (BARE_BEGINNING.test(rest)) return "more";
  const length = BARE_OPEN.exec(rest)?.[0].length;
  return length === undefined
    ? undefined
    : { length, opens: { type: "reasoning", close: BARE_CLOSE }, takesText: false, isHarmony: false };
}

function headerIn(rest: string, { isHarmony }: Place): Found {
  const [whole, end, role, channel] = HEADER.exec(rest) ?? [];
  if (whole !== undefined && (role !== undefined || channel !== undefined)) {
    const opens = sectionOf(role, channel);
    return { length: whole.length, opens, takesText: end !== undefined, isHarmony: true };
  }
  if (HEADER_BEGINNING.test(rest)) return "more";
  const ended = isHarmony ? MESSAGE_END.exec(rest)?.[0] : undefined;
  return ended === undefined
    ? undefined
    : { length: ended.length, opens: TEXT, takesText: false, isHarmony: true };
}

/** Only the assistant's own words to the user are its answer: the channel final, none, and commentary without a recipient. */
function sectionOf(role = "assistant", channel = "final"): Section {
  const recipient = /\bto=([\w.-]+)/.exec(`${role} ${channel}`)?.[1];
  const isAssistant = /^\s*(assistant\b|$)/.test(role);
  if (isAssistant && recipient !== undefined) {
    return { type: "call", close: "", tool: recipient.replace(/^functions\./, "") };
  }
  const isShown = isAssistant && /^\s*(final|commentary|$)/.test(channel);
  return { type: isShown ? "text" : "reasoning", close: "" };
}
