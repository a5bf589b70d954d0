import { invalidField } from "#server/domain/invalid-field.ts";

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

/**
 * The text in NFC, if it has as many characters (code points) as the field may have.
 *
 * @param hint what else a text must be that is not worth normalising
 * @throws PipitError INVALID_REQUEST with the field
 */
export function composedText(
  field: string,
  text: string,
  { least, most, hint = "" }: { readonly least: number; readonly most: number; readonly hint?: string },
): string {
  const range = `must be ${least === 0 ? "at most" : `${least} to`} ${most} characters long`;
  if (!isNormalizable(text, most)) throw invalidField(field, `${range}${hint}.`);
  const composed = text.normalize("NFC");
  const characters = [...composed].length;
  if (characters >= least && characters <= most) return composed;
  throw invalidField(field, `${range}; this one has ${characters}.`);
}
