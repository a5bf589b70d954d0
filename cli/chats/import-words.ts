import { languageOfLocale } from "#contract/language.ts";
import type { ImportReport } from "#contract/imports/chat-import.ts";
import { importFailure } from "#contract/imports/import-failures.ts";

type Counts = Pick<ImportReport, "made" | "extended" | "unchanged" | "turns">;

const english = {
  unreadable: (path: string) => `${path} cannot be read. Name a file of JSON or a ZIP archive that is there.`,
  sending: (percent: number, _chats: number) => `Sending: ${percent}%`,
  importing: (percent: number, chats: number) => `Importing: ${percent}%, chats: ${chats}`,
  stopped: (chats: number) =>
    `Stopped. Chats that were looked at: ${chats}. They are here to stay; import the file again for the rest.`,
  done: ({ made, extended, unchanged, turns }: Counts) =>
    `New chats: ${made}. Continued: ${extended}. Here already: ${unchanged}. Questions added: ${turns}.`,
  skipped: (chats: number, reason: string) => `Left out: ${chats}, ${reason}:`,
  /** By the reasons of the server (docs/api.md). */
  reasons: {
    too_large: "too large",
    too_many_messages: "with too many messages",
    damaged: "damaged",
    empty: "empty",
    deleted: "deleted here (--again brings them back)",
    busy: "the database was busy; import the file again",
  } as Readonly<Record<string, string>>,
  leftOut: ({ pictures, files, cut }: ImportReport["leftOut"]) =>
    `Left out of the messages: pictures ${pictures}, files without text ${files}. Messages cut, too long: ${cut}.`,
  problems: {
    damaged: "The file is damaged or not whole; the rest of it was not read. Download it again.",
    encoding: "The rest of the file was not read: it is in another encoding. Save it as UTF-8.",
    locked: "The archive has a password. Unpack it, and import what is in it.",
    unpacked_too_large:
      "The chats in this file are larger than 1 GiB; the rest of it was not read. Import the file in parts.",
    too_many_chats:
      "The file has more than 100,000 chats; the rest of it was not read. Import the file in parts.",
  } as Readonly<Record<string, string>>,
};
const russian: typeof english = {
  unreadable: (path) => `Не удалось прочитать ${path}. Укажите файл JSON или архив ZIP, который существует.`,
  sending: (percent) => `Отправка: ${percent} %`,
  importing: (percent, chats) => `Импорт: ${percent} %, чатов: ${chats}`,
  stopped: (chats) =>
    `Остановлено. Просмотрено чатов: ${chats}. Они останутся; чтобы добавить остальные, импортируйте файл ещё раз.`,
  done: ({ made, extended, unchanged, turns }) =>
    `Новых чатов: ${made}. Продолжено: ${extended}. Уже было: ${unchanged}. Добавлено вопросов: ${turns}.`,
  skipped: (chats, reason) => `Пропущено: ${chats}, ${reason}:`,
  reasons: {
    too_large: "слишком большие",
    too_many_messages: "слишком много сообщений",
    damaged: "повреждены",
    empty: "пустые",
    deleted: "удалены здесь (вернёт --again)",
    busy: "база данных была занята; импортируйте файл ещё раз",
  },
  leftOut: ({ pictures, files, cut }) =>
    `Из сообщений пропущено: снимков ${pictures}, файлов без текста ${files}. Слишком длинных сообщений укорочено: ${cut}.`,
  problems: {
    damaged: "Файл повреждён или неполон; остаток не прочитан. Скачайте его ещё раз.",
    encoding: "Остаток файла не прочитан: он в другой кодировке. Сохраните его в UTF-8.",
    locked: "Архив защищён паролем. Распакуйте его и импортируйте то, что в нём.",
    unpacked_too_large: "Чаты в этом файле больше 1 ГиБ; остаток не прочитан. Импортируйте файл по частям.",
    too_many_chats: "В файле больше 100 000 чатов; остаток не прочитан. Импортируйте файл по частям.",
  },
};

/** What `pipit chats import` says by itself. */
export type ImportWords = typeof english;

export function importWords(locale: string): ImportWords {
  return languageOfLocale(locale) === "ru" ? russian : english;
}

/** What an import failed of, with the cure; undefined where the usual words fit. */
export function failureWords(locale: string, code: string): string | undefined {
  const told = importFailure(languageOfLocale(locale), code);
  return told && `${told.what} ${told.cure}`;
}
