import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "#contract/language.ts";
import { en } from "./en/en.ts";

/** Texts of a language. English is part of the window and stands in for what could not be loaded; others come when they are shown. */
export async function loadTexts(language: Language): Promise<typeof en> {
  if (language === "en") return en;
  const { ru } = await import("./ru/ru.ts");
  // The same keys (texts.test.ts); the texts themselves are others.
  return ru as unknown as typeof en;
}

/** Speaks English until {@link changeLanguage}. */
export function createI18n(): i18n {
  const instance = createInstance();
  void instance.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en },
    ns: Object.keys(en),
    defaultNS: "shell",
    initAsync: false,
    // React escapes.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  return instance;
}

/**
 * Goes on in the language that is wanted, once its texts are there. When they cannot be loaded, all stays as it is.
 *
 * @param wanted asked again after the texts have come: meanwhile it may have become another one
 */
export async function changeLanguage(instance: i18n, wanted: () => Language): Promise<void> {
  const language = wanted();
  if (instance.language === language) return;
  const texts = await loadTexts(language).catch(() => undefined);
  if (texts === undefined || language !== wanted()) return;
  for (const [name, area] of Object.entries(texts)) instance.addResourceBundle(language, name, area);
  await instance.changeLanguage(language);
}
