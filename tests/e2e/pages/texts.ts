import { auth as authEn } from "#renderer/i18n/en/auth.ts";
import { chat as chatEn } from "#renderer/i18n/en/chat.ts";
import { firstRun as firstRunEn } from "#renderer/i18n/en/first-run.ts";
import { profile as profileEn } from "#renderer/i18n/en/profile.ts";
import { settings as settingsEn } from "#renderer/i18n/en/settings.ts";
import { shell as shellEn } from "#renderer/i18n/en/shell.ts";
import { auth as authRu } from "#renderer/i18n/ru/auth.ts";
import { chat as chatRu } from "#renderer/i18n/ru/chat.ts";
import { firstRun as firstRunRu } from "#renderer/i18n/ru/first-run.ts";
import { profile as profileRu } from "#renderer/i18n/ru/profile.ts";
import { settings as settingsRu } from "#renderer/i18n/ru/settings.ts";
import { shell as shellRu } from "#renderer/i18n/ru/shell.ts";

export type PageLanguage = "en" | "ru";

/** What the window says, per language: page objects find things by the names that people and screen readers hear. */
export const texts = {
  en: {
    auth: authEn,
    chat: chatEn,
    firstRun: firstRunEn,
    profile: profileEn,
    settings: settingsEn,
    shell: shellEn,
  },
  ru: {
    auth: authRu,
    chat: chatRu,
    firstRun: firstRunRu,
    profile: profileRu,
    settings: settingsRu,
    shell: shellRu,
  },
} as const;

/** A text with `{{gaps}}` as a pattern that any filling fits, from its beginning. */
export function fits(text: string): RegExp {
  const parts = text
    .split(/\{\{\w+\}\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}`);
}
