import { fold, foldInPlace, tokensOf, type Token } from "./search-text.ts";

/** Words of a query that count; more add cost and no meaning. */
const MAX_QUERY_TERMS = 16;
const MAX_QUERY_CHARS = 1000;
/** From so many words, or pairs of characters, on a query is a question, and no turn need have all of its words. */
const QUESTION_WORDS = 4;
const QUESTION_PAIRS = 8;

/** Longest text without a letter or digit that is looked for. */
const MAX_SIGNS = 100;

/** One word of a query, as the index knows it. */
export interface SearchTerm {
  readonly stem: string;
  /** Whether longer words that begin with the stem match too: so one character is found in the pairs it begins. */
  readonly prefix: boolean;
  /** Of a word in camel case: these together are as good as the whole. */
  readonly parts?: readonly string[];
  /** Stems that are as good: guesses at what was meant. */
  readonly others?: readonly string[];
  /** As it was typed, without case. */
  readonly word: string;
  /** It stood in quotes: no other form of the word is meant. */
  readonly isQuoted: boolean;
  /**
   * Of a piece of code, which a turn needs as it stands: the title of its chat is no help. "inside": more of the code comes
   * after it, so that no longer word is meant.
   */
  readonly inCode?: "inside" | "end" | undefined;
}

export interface SearchPlan {
  /** A turn needs all of them; of a question, where none has, any. */
  readonly terms: readonly SearchTerm[];
  readonly isQuestion: boolean;
  /** Pieces of code: a turn that has all terms needs these too. */
  readonly literals: readonly RegExp[];
  /** Those of the pieces that are ASCII without blanks, in lower case. */
  readonly needles: readonly string[];
  /** What stood in quotes, or has no words: a turn needs them in any case. */
  readonly phrases: readonly RegExp[];
}

/** What is the same in every text but for its case. */
const plainPattern = /^[!-~]+$/u;

/** So common that they say nothing beside other words. */
const stopWords = new Set(
  (
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it its " +
    "me my of on or our she should so than that the their them then there these they this to was we were what when " +
    "where which who whom whose why will with would you your please about " +
    "а без бы в во вот все всё для до его ее её если есть же за и из или им их к как какая какие какой когда кто ли мне мой " +
    "моя мы на над не него нее ней но ну о об он она они от по под при про с со так там то тоже только у уже что " +
    "чтобы чём это эта эти этот я"
  )
    .split(" ")
    .map(fold),
);

/** What a person typed as the index can look for it; without terms where it has no letter, digit or emoji. */
export function planSearch(query: string): SearchPlan {
  const terms = new Map<string, SearchTerm>();
  const common = new Map<string, SearchTerm>();
  const codes: string[] = [];
  const phrases: RegExp[] = [];
  const add: AddTerm = (token, word, isQuoted, more = {}) => {
    if (terms.size === MAX_QUERY_TERMS) return;
    const folded = fold(word);
    const term = { stem: token.stem, prefix: isSingle(token), word: folded, isQuoted, ...more };
    const to = !isQuoted && stopWords.has(folded) ? common : terms;
    to.set(token.stem, term);
  };
  let words = 0;
  const text = query.slice(0, MAX_QUERY_CHARS).toWellFormed();
  for (const [, phrase, chunk = ""] of text.matchAll(/"([^"]+)"|([^\s"]+)/g)) {
    if (phrase !== undefined && [...tokensOf(phrase)].length > 0) {
      phrases.push(literalPattern(phrase, true));
      for (const token of tokensOf(phrase)) add(token, phrase.slice(token.start, token.end), true);
      continue;
    }
    const code = codeOf(chunk);
    if (code !== undefined) codes.push(code);
    addChunk(chunk, code, add);
    words += 1;
  }
  const wanted = [...(terms.size === 0 ? common : terms).values()];
  if (wanted.length === 0) return planOfSigns(text);
  const isQuestion = words >= QUESTION_WORDS || wanted.length >= QUESTION_PAIRS;
  const literals = codes.map((code) => literalPattern(code, false));
  return { terms: wanted, isQuestion, literals, needles: needlesOf(codes), phrases };
}

/** For "???": the very characters. */
function planOfSigns(text: string): SearchPlan {
  const signs = text.replaceAll('"', "").trim().slice(0, MAX_SIGNS).toWellFormed();
  const phrases = signs === "" ? [] : [literalPattern(signs, false)];
  return { terms: [], isQuestion: false, literals: [], needles: needlesOf([signs]), phrases };
}

function needlesOf(pieces: readonly string[]): readonly string[] {
  return pieces.filter((piece) => plainPattern.test(piece)).map((piece) => piece.toLowerCase());
}

type AddTerm = (
  token: Token,
  word: string,
  isQuoted: boolean,
  more?: Pick<SearchTerm, "parts" | "inCode">,
) => void;

/** @param code what of the chunk is code */
function addChunk(chunk: string, code: string | undefined, add: AddTerm): void {
  const tokens = [...tokensOf(chunk)];
  const codeEnd = code === undefined ? 0 : chunk.indexOf(code) + code.length;
  for (const token of tokens) {
    if (token.kind === "part") continue;
    const same = tokens.filter(({ start }) => start === token.start);
    // "C++" is not "C", and the last character of a run is in its last pair.
    if (same.some(({ end, kind }) => kind === "word" && end > token.end)) continue;
    if (isSingle(token) && endsPair(tokens, token)) continue;
    const parts = tokens.filter(
      ({ kind, start, end }) => kind === "part" && start >= token.start && end <= token.end,
    );
    const stems = parts.map(({ stem }) => stem);
    add(token, chunk.slice(token.start, token.end), false, {
      ...(parts.length > 1 && { parts: stems }),
      ...(code !== undefined && { inCode: token.end < codeEnd ? "inside" : "end" }),
    });
  }
}

function isSingle({ stem, kind }: Token): boolean {
  return kind === "pair" && Array.from(stem).length === 1;
}

function endsPair(tokens: readonly Token[], { start, end }: Token): boolean {
  return tokens.some((other) => other.kind === "pair" && other.end === end && other.start < start);
}

/** The piece of code that a word of a query is: "foo.bar()", "src/main.ts", "getUserName"; undefined for other words. */
function codeOf(chunk: string): string | undefined {
  const bare = chunk.replace(/^[^\p{L}\p{N}./\\_$@~#-]+/u, "").replace(/[.,;:!?…»”’]+$/u, "");
  const isCode =
    /[\p{L}\p{N}_)\]][./\\_:@=&$~+*|<>]+[\p{L}\p{N}_]/u.test(bare) ||
    /^[./\\~@$#]+[\p{L}\p{N}]/u.test(bare) ||
    /[\p{L}\p{N}_]\(.*\)$/u.test(bare) ||
    /\p{Ll}\p{Lu}/u.test(bare);
  return isCode ? bare : undefined;
}

/** @param whole whether it must begin and end where words do */
function literalPattern(text: string, whole: boolean): RegExp {
  const folded = foldInPlace(text.trim());
  const body = folded.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/\s+/g, "\\s+");
  const edge = /[\p{L}\p{N}]/u;
  const spaceless = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]/u;
  const isEdge = (character = ""): boolean => whole && edge.test(character) && !spaceless.test(character);
  const characters = [...folded];
  const before = isEdge(characters[0]) ? "(?<![\\p{L}\\p{N}])" : "";
  const after = isEdge(characters.at(-1)) ? "(?![\\p{L}\\p{N}])" : "";
  return new RegExp(before + body + after, "gu");
}
