import type { PageTexts } from "./texts-en.ts";
import { textsEn } from "./texts-en.ts";
import { textsRu } from "./texts-ru.ts";

/** Languages that one request can name; more are noise. */
const MAX_LANGUAGES = 20;

export type PageLanguage = "en" | "ru";

export interface LanguageWish {
  /** Space-separated, best first (OpenID Connect Core §3.1.2.1). */
  readonly uiLocales?: unknown;
  readonly acceptLanguage: string | undefined;
}

/** The first language of the application's wish, else of the browser's, that the pages have; else English. */
export function pageLanguageOf({ uiLocales, acceptLanguage }: LanguageWish): PageLanguage {
  const wished = typeof uiLocales === "string" ? uiLocales.split(" ").slice(0, MAX_LANGUAGES) : [];
  return (
    [...wished, ...acceptedLanguages(acceptLanguage)].map(toKnown).find((known) => known !== undefined) ??
    "en"
  );
}

export function textsFor(language: PageLanguage): PageTexts {
  return language === "ru" ? textsRu : textsEn;
}

/** A client of ours has a name in each language; another is called what it was registered as. */
export function clientNameIn(language: PageLanguage, name: string): string {
  return textsFor(language).clients[name] ?? name;
}

/** RFC 9110 §12.5.4, most wanted first. */
function acceptedLanguages(header: string | undefined): readonly string[] {
  return (header ?? "")
    .split(",", MAX_LANGUAGES)
    .map((item) => {
      const [tag = "", ...parameters] = item.split(";").map((part) => part.trim());
      const quality = parameters.find((parameter) => parameter.startsWith("q="));
      return { tag, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
    })
    .filter(({ tag, quality }) => tag !== "" && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}

function toKnown(tag: string): PageLanguage | undefined {
  const base = tag.toLowerCase().split("-", 1)[0];
  return base === "en" || base === "ru" ? base : undefined;
}
