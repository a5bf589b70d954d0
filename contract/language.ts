/** The languages that Pipit itself speaks. */
export type Language = "en" | "ru";

/** The one of them for a BCP 47 tag: Russian for "ru" and its regions, English for all else. */
export function languageOfLocale(locale: string): Language {
  return /^ru(?:[-_]|$)/iu.test(locale) ? "ru" : "en";
}

/** The language for a setting and the locale of the system. */
export function resolveLanguage(setting: "system" | Language, systemLocale: string): Language {
  return setting === "system" ? languageOfLocale(systemLocale) : setting;
}
