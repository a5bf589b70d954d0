import { languageOfLocale, type Language } from "#contract/language.ts";

/** Language of a text by its script; without letters, that of the locale. */
export function languageOfText(text: string, locale: string): Language {
  const cyrillic = text.match(/\p{Script=Cyrillic}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  if (cyrillic === latin) return languageOfLocale(locale);
  return cyrillic > latin ? "ru" : "en";
}
