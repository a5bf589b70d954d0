import { languageOfLocale } from "#contract/language.ts";

const english = {
  pinned: "pinned",
  noArchived: "There are no archived chats.",
  more: (limit: number) => `There are more: --limit ${limit} shows them.`,
  lastOnly: (id: string) =>
    `Only the last messages are shown; 'pipit chats export ${id} --format markdown' has all.`,
  renamed: (title: string) => `The chat is called "${title}" now.`,
  pinnedNow: (title: string) => `"${title}" stands at the top of the list now.`,
  unpinned: (title: string) => `"${title}" is no longer pinned.`,
  archived: (title: string) => `"${title}" is archived; 'pipit chats list --archived' shows it.`,
  unarchived: (title: string) => `"${title}" is in the list again.`,
  deleted: (title: string, id: string) =>
    `"${title}" is deleted. For 10 seconds, this brings it back: pipit chats restore ${id}`,
  restored: (title: string) => `"${title}" is back.`,
  tooLate: "Nothing to bring back: the chat was not deleted in the last 10 seconds, or the id is not whole.",
  exporting: (bytes: number) => `${megabytes(bytes, "en")} MB`,
  exported: (path: string, bytes: number) => `${path} is written (${megabytes(bytes, "en")} MB).`,
  stopped: "Stopped.",
};
const russian: typeof english = {
  pinned: "закреплён",
  noArchived: "В архиве чатов нет.",
  more: (limit) => `Это не все: остальные покажет --limit ${limit}.`,
  lastOnly: (id) =>
    `Показаны только последние сообщения; все — в 'pipit chats export ${id} --format markdown'.`,
  renamed: (title) => `Теперь чат называется «${title}».`,
  pinnedNow: (title) => `«${title}» закреплён вверху списка.`,
  unpinned: (title) => `«${title}» больше не закреплён.`,
  archived: (title) => `«${title}» в архиве; его покажет 'pipit chats list --archived'.`,
  unarchived: (title) => `«${title}» снова в списке.`,
  deleted: (title, id) => `«${title}» удалён. Вернуть можно в течение 10 секунд: pipit chats restore ${id}`,
  restored: (title) => `«${title}» снова на месте.`,
  tooLate: "Возвращать нечего: за последние 10 секунд этот чат не удаляли, или id указан не полностью.",
  exporting: (bytes) => `${megabytes(bytes, "ru")} МБ`,
  exported: (path, bytes) => `Записано в ${path} (${megabytes(bytes, "ru")} МБ).`,
  stopped: "Остановлено.",
};

/** What `pipit chats` says by itself. */
export type ChatsWords = typeof english;

export function chatsWords(locale: string): ChatsWords {
  return languageOfLocale(locale) === "ru" ? russian : english;
}

function megabytes(bytes: number, language: string): string {
  const digits = bytes < 10_000_000 ? 2 : 0;
  return (bytes / 1_000_000).toLocaleString(language, { maximumFractionDigits: digits });
}
