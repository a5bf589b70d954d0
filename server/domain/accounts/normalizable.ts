/** What a person types is at most so much longer before it is composed: a Hangul syllable is three letters. */
const UNITS_PER_CHARACTER = 4;
/** No script puts more marks on one letter (UAX #15 §13, "Stream-Safe Text Format"). */
const tooManyMarks = /\p{M}{31}/u;

/**
 * False for a text that is not worth normalising, as it would be refused after it anyway. To bring a row of marks into
 * order takes a time that grows with its square: 32,000 of them hold the whole server up for seconds.
 *
 * @param maxCharacters that it may have afterwards
 */
export function isNormalizable(text: string, maxCharacters: number): boolean {
  return text.length <= maxCharacters * UNITS_PER_CHARACTER && !tooManyMarks.test(text);
}
