/** What is said about the terminal client of a packaged app. */
type ToolTexts = typeof toolEn;

export const toolEn = {
  item: "Install command line tool…",
  question: "Install `pipit` for the terminal?",
  explanation:
    "A small script is written that starts this app as its terminal client. Nothing else is changed, and no file of another program is replaced.",
  into: (folder: string) => `In ${folder}`,
  cancel: "Cancel",
  close: "Close",
  title: {
    installed: "The command line tool is installed.",
    foreign: "The command line tool was not installed.",
    refused: "The command line tool was not installed.",
  },
  installed: (path: string) =>
    `It is ${path}. If your terminal does not find \`pipit\`, add that folder to PATH.`,
  foreign: (path: string) =>
    `${path} is a file of another program, and stays. Rename or remove it, or choose the other folder.`,
  refused: (path: string, reason: string) =>
    `${path} could not be written (${reason}). Choose the other folder, or make this one writable.`,
};

export const toolRu: ToolTexts = {
  item: "Установить команду для терминала…",
  question: "Установить `pipit` для терминала?",
  explanation:
    "Будет записан небольшой скрипт, который запускает это приложение как клиент для терминала. Больше ничего не меняется, чужие файлы не заменяются.",
  into: (folder) => `В ${folder}`,
  cancel: "Отмена",
  close: "Закрыть",
  title: {
    installed: "Команда для терминала установлена.",
    foreign: "Команда для терминала не установлена.",
    refused: "Команда для терминала не установлена.",
  },
  installed: (path) => `Она здесь: ${path}. Если терминал не находит \`pipit\`, добавьте эту папку в PATH.`,
  foreign: (path) =>
    `${path} — файл другой программы, он не тронут. Переименуйте или удалите его либо выберите другую папку.`,
  refused: (path, reason) =>
    `Не удалось записать ${path} (${reason}). Выберите другую папку или разрешите запись в эту.`,
};
