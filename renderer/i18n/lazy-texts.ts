import { useTranslation } from "react-i18next";
import { chatFiles as enChatFiles } from "./en/chat-files.ts";
import { memories as enMemories } from "./en/memories.ts";
import { otherPrograms as enOther } from "./en/other-programs.ts";
import { projects as enProjects } from "./en/projects.ts";
import { prompts as enPrompts } from "./en/prompts.ts";
import { rooms as enRooms } from "./en/rooms.ts";
import { shortcuts as enShortcuts } from "./en/shortcuts.ts";
import { usage as enUsage } from "./en/usage.ts";
import { chatFiles as ruChatFiles } from "./ru/chat-files.ts";
import { memories as ruMemories } from "./ru/memories.ts";
import { otherPrograms as ruOther } from "./ru/other-programs.ts";
import { projects as ruProjects } from "./ru/projects.ts";
import { prompts as ruPrompts } from "./ru/prompts.ts";
import { rooms as ruRooms } from "./ru/rooms.ts";
import { shortcuts as ruShortcuts } from "./ru/shortcuts.ts";
import { usage as ruUsage } from "./ru/usage.ts";

/** Texts of parts that are loaded when they are first opened, and bring both languages along: a first visit reads none of them. */
export const lazyTexts = {
  en: {
    chatFiles: enChatFiles,
    memories: enMemories,
    otherPrograms: enOther,
    projects: enProjects,
    prompts: enPrompts,
    rooms: enRooms,
    shortcuts: enShortcuts,
    usage: enUsage,
  },
  ru: {
    chatFiles: ruChatFiles,
    memories: ruMemories,
    otherPrograms: ruOther,
    projects: ruProjects,
    prompts: ruPrompts,
    rooms: ruRooms,
    shortcuts: ruShortcuts,
    usage: ruUsage,
  },
} as const;

/** `useTranslation` for those parts. */
export function useLazyTexts<Name extends keyof (typeof lazyTexts)["en"]>(name: Name) {
  const { i18n } = useTranslation();
  if (!i18n.hasResourceBundle("en", name)) {
    for (const [language, texts] of Object.entries(lazyTexts))
      i18n.addResourceBundle(language, name, texts[name]);
  }
  return useTranslation(name);
}
