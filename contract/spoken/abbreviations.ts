/** Abbreviations after which a capital letter still belongs to the same sentence: titles, references, addresses. */
const joining = new Set(
  (
    "dr mr mrs ms prof st rev gen col sgt capt lt hon gov sen vs fig figs pp vol ch ed eds e.g i.e cf viz approx mt ft " +
    "т.е т.к т.н им ул пр-т просп пл наб пер см ср напр проф акад доц канд г-н г-жа гг св о тов гос зам"
  ).split(" "),
);
/** Look like an initial ("т. д.") but end a sentence when a capital letter follows. */
const ending = new Set(["т.д", "т.п"]);

const lastWord = /(?:^|[\s("«„“'[])((?:[\p{L}-]{1,6}\.\s?){0,2}[\p{L}-]{1,8})\.\s*$/u;

/**
 * Whether a segment that ends in a full stop only ends in an abbreviation or an initial ("Dr. ", "А. С. "), so that the
 * capital letter after it does not begin a sentence. `Intl.Segmenter` breaks there.
 */
export function endsInAbbreviation(segment: string): boolean {
  const tail = segment.slice(-32);
  const match = lastWord.exec(tail);
  if (match === null) return false;
  const phrase = (match[1] ?? "").replaceAll(/\s/gu, "");
  const word = phrase.split(".").at(-1) ?? "";
  const lower = word.toLowerCase();
  if (ending.has(phrase.toLowerCase())) return false;
  // A year before a capital letter ends the sentence ("в 2020 г. Потом"); a town does not ("г. Москва").
  if (lower === "г") return !/\d\s*$/u.test(tail.slice(0, match.index));
  return isInitial(word) || joining.has(phrase.toLowerCase()) || joining.has(lower);
}

/** "J", "А": one capital letter; not the English pronoun, which ends sentences too. */
function isInitial(word: string): boolean {
  return word !== "I" && /^\p{Lu}$/u.test(word);
}
