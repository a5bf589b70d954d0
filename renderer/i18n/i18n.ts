import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "#contract/language.ts";
import { en } from "./en/en.ts";
import { ru } from "./ru/ru.ts";

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
