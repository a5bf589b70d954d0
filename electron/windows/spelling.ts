import type { Session } from "electron";

type SpellSession = Pick<
  Session,
  "availableSpellCheckerLanguages" | "setSpellCheckerEnabled" | "setSpellCheckerLanguages"
>;

/**
 * Checks what is typed in English and Russian, or not at all. macOS uses its own dictionaries and finds the language by itself.
 * Elsewhere Chromium fetches the dictionaries that it has not got, from a server of Google: nothing is asked of it while
 * this is off.
 */
export function applySpelling(
  session: SpellSession,
  wanted: boolean,
  platform: NodeJS.Platform,
  systemLocale: string,
): void {
  if (wanted && platform !== "darwin")
    session.setSpellCheckerLanguages(spellingLanguages(session.availableSpellCheckerLanguages, systemLocale));
  session.setSpellCheckerEnabled(wanted);
}

/** Those of our two languages that there are dictionaries of; of English the system's kind. */
function spellingLanguages(available: readonly string[], systemLocale: string): string[] {
  const english = systemLocale.startsWith("en-") && available.includes(systemLocale) ? systemLocale : "en-US";
  return [english, "ru"].filter((language) => available.includes(language));
}
