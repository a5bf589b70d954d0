const otherScripts: readonly (readonly [RegExp, string])[] = [
  [/\p{Script=Hiragana}|\p{Script=Katakana}/u, "ja"],
  [/\p{Script=Hangul}/u, "ko"],
  [/\p{Script=Han}/u, "zh"],
  [/\p{Script=Greek}/u, "el"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Hebrew}/u, "he"],
  [/\p{Script=Devanagari}/u, "hi"],
];
const cyrillicLanguages = new Set(["ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "mn"]);
const otherScriptLanguages = new Set(otherScripts.map(([, language]) => language));

/** Primary subtag of a BCP 47 tag, in lower case; "en" for what is not one. */
export function primaryLanguage(locale: string): string {
  const [primary = ""] = locale.toLowerCase().split(/[-_]/);
  return /^[a-z]{2,3}$/.test(primary) ? primary : "en";
}

/**
 * The language a sentence is spoken in, from its script: Cyrillic is Russian unless the person's locale is another
 * Cyrillic language; Latin is the locale's language if that is written in Latin, else English. Foreign names do not
 * turn a Russian sentence English: a third of Cyrillic letters is enough.
 */
export function languageOf(sentence: string, locale: string): string {
  const ofLocale = primaryLanguage(locale);
  const cyrillic = count(sentence, /\p{Script=Cyrillic}/gu);
  const latin = count(sentence, /\p{Script=Latin}/gu);
  if (cyrillic > 0 && cyrillic * 2 >= latin) return cyrillicLanguages.has(ofLocale) ? ofLocale : "ru";
  if (latin === 0) {
    const other = otherScripts.find(([script]) => script.test(sentence));
    return other === undefined ? ofLocale : other[1];
  }
  const latinLocale = !cyrillicLanguages.has(ofLocale) && !otherScriptLanguages.has(ofLocale);
  return latinLocale ? ofLocale : "en";
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
