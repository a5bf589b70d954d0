import { languageOfLocale } from "#contract/language.ts";

const english = {
  stopped: "Stopped. What is queued waits for the next pipit events push.",
  unreadable: (file: string) => `${file} cannot be read. Check its name and that it is yours.`,
  notText: "The input is not UTF-8.",
  tooLong: (mib: number) => `The input is longer than ${mib} MiB. Push it in parts.`,
  fault: (line: string, what: string) => `Line ${line}: ${what} Nothing was queued.`,
  longLine: (mib: number) => `This is longer than ${mib} MiB. Write each event in a line of its own.`,
  notJson: "This is not JSON. Write each event as one object of JSON, in one line.",
  queued: (count: number) => `Queued: ${count}.`,
  delivered: (fresh: number, known: number) =>
    known === 0 ? `Delivered: ${fresh}.` : `Delivered: ${fresh}, and ${known} that the server had already.`,
  rejected: (count: number) => `Rejected: ${count}. They wait, and go again with the next push:`,
  waiting: (count: number, since: string) => `Waiting: ${count}, the oldest since ${since}.`,
  nothing: "Nothing waits.",
  refused: (count: number, why: string) => `The server has refused ${count} of them, saying: ${why}`,
  failed: (why: string) => `The last try failed: ${why}`,
  evicted: (count: number) =>
    `${count} of the oldest events were dropped, because too many waited (max_queue_size of [sync] in config.toml).`,
  setAside: (path: string) => `The queue was damaged; it was put aside as ${path}, and a new one begun.`,
  signInFirst: "You are not signed in. Run 'pipit auth login', then 'pipit events push'.",
};
const russian: typeof english = {
  stopped: "Остановлено. Очередь подождёт следующего pipit events push.",
  unreadable: (file) => `Не удалось прочитать ${file}. Проверьте имя и права.`,
  notText: "Ввод — не UTF-8.",
  tooLong: (mib) => `Ввод длиннее ${mib} МиБ. Отправьте его по частям.`,
  fault: (line, what) => `Строка ${line}: ${what} В очередь ничего не поставлено.`,
  longLine: (mib) => `Длиннее ${mib} МиБ. Пишите каждое событие в своей строке.`,
  notJson: "Это не JSON. Пишите каждое событие одним объектом JSON, в одну строку.",
  queued: (count) => `Поставлено в очередь: ${count}.`,
  delivered: (fresh, known) =>
    known === 0 ? `Доставлено: ${fresh}.` : `Доставлено: ${fresh}; ещё ${known} у сервера уже были.`,
  rejected: (count) => `Отклонено: ${count}. Они ждут и уйдут снова при следующем push:`,
  waiting: (count, since) => `Ждут: ${count}, самое старое с ${since}.`,
  nothing: "Ничего не ждёт.",
  refused: (count, why) => `Сервер отклонил из них: ${count}. Ответ: ${why}`,
  failed: (why) => `Последняя попытка не удалась: ${why}`,
  evicted: (count) =>
    `Отброшено самых старых событий: ${count}, потому что ждало слишком много (max_queue_size в [sync] файла config.toml).`,
  setAside: (path) => `Очередь была повреждена; она отложена в ${path}, начата новая.`,
  signInFirst: "Вы не вошли. Выполните 'pipit auth login', затем 'pipit events push'.",
};

/** What `pipit events` says. */
export type EventWords = typeof english;

/** @param locale BCP 47 */
export function eventWords(locale: string): EventWords {
  return languageOfLocale(locale) === "ru" ? russian : english;
}
