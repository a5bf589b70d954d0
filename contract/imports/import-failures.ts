/** What an import failed of, and the cure: the usual words for these codes are of messages and of answers. */
const importFailures = {
  en: {
    FILE_UNSUPPORTED: {
      what: "This is no export that can be imported, or it is damaged.",
      cure: "Choose a JSON export of Pipit, or conversations.json of ChatGPT or Claude, also within their archive if that has no password.",
    },
    FILE_TOO_LARGE: { what: "This file cannot be read here.", cure: "Import it in parts." },
    MESSAGE_TOO_LARGE: {
      what: "The file is larger than 512 MiB.",
      cure: "Pack it as ZIP, or take conversations.json out of its archive.",
    },
    STREAM_LIMIT: {
      what: "Another import is running.",
      cure: "Wait until it has ended, then import the file again.",
    },
    DEADLINE_EXCEEDED: {
      what: "The file came too slowly: less than 512 KiB in a minute.",
      cure: "Import it over a faster connection, or in parts.",
    },
    STORAGE_FULL: {
      what: "The disk of the server is full. Chats that were imported by then stay.",
      cure: "Free some space there, then import the file again.",
    },
  },
  ru: {
    FILE_UNSUPPORTED: {
      what: "Это не экспорт, который можно импортировать, или он повреждён.",
      cure: "Выберите экспорт Pipit в JSON или conversations.json из ChatGPT либо Claude, можно прямо в архиве, если он без пароля.",
    },
    FILE_TOO_LARGE: { what: "Этот файл здесь не прочитать.", cure: "Импортируйте его по частям." },
    MESSAGE_TOO_LARGE: {
      what: "Файл больше 512 МиБ.",
      cure: "Упакуйте его в ZIP или достаньте из архива conversations.json.",
    },
    STREAM_LIMIT: {
      what: "Уже идёт другой импорт.",
      cure: "Подождите, пока он закончится, и импортируйте файл ещё раз.",
    },
    DEADLINE_EXCEEDED: {
      what: "Файл шёл слишком медленно: меньше 512 КиБ за минуту.",
      cure: "Импортируйте его по более быстрой сети или по частям.",
    },
    STORAGE_FULL: {
      what: "На диске сервера нет места. Уже импортированные чаты останутся.",
      cure: "Освободите там место и импортируйте файл ещё раз.",
    },
  },
} as const;

/** Undefined for a code whose usual words fit. */
export function importFailure(language: "en" | "ru", code: string) {
  const failures: Readonly<Record<string, { readonly what: string; readonly cure: string }>> =
    importFailures[language];
  return Object.hasOwn(failures, code) ? failures[code] : undefined;
}
