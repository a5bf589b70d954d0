import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en/en.ts";
import { ru } from "./ru/ru.ts";

/** Languages that the window speaks. */
export type Language = "en" | "ru";

/** The language for a setting and a system locale (BCP 47). */
export function resolveLanguage(setting: "system" | Language, systemLocale: string): Language {
  if (setting !== "system") return setting;
  return systemLocale.toLowerCase().startsWith("ru") ? "ru" : "en";
}

/** Both languages are part of the bundle: switching is instant, and nothing is fetched. */
export function createI18n(language: Language): i18n {
  const instance = createInstance();
  void instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: "en",
    resources: { en, ru },
    ns: Object.keys(en),
    defaultNS: "shell",
    initAsync: false,
    // React escapes.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  return instance;
}
