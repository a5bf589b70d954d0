import { resolveLanguage } from "#contract/language.ts";
import type { Settings } from "#contract/settings.ts";
import { toolEn, toolRu } from "../terminal/tool-texts.ts";
import { updatesEn, updatesRu } from "../update/update-texts.ts";

/** What the app says outside its window, in each language. */
export type DesktopTexts = typeof en;

const en = {
  signedInAs: (name: string) => `Signed in as ${name}`,
  localAccount: "this computer's account",
  accounts: "Accounts",
  signedOut: "Signed out",
  online: "Connected",
  offline: "No connection to the server",
  starting: "Starting the server…",
  answering: "Answering…",
  queued: (count: number) => (count === 1 ? "1 message waiting" : `${count} messages waiting`),
  unseen: "There is something new",
  answered: "Pipit has answered",
  notAnswered: "Pipit could not answer",
  waitsForSignIn: "Log in to get the answer",
  roomMessage: "New message",
  roomMention: "You are mentioned",
  everyone: "Everyone",
  login: "Log in…",
  logout: "Log out",
  newChat: "New chat",
  speak: "Read answers aloud",
  stopSpeaking: "Stop speaking",
  settings: "Settings…",
  shortcuts: "Keyboard shortcuts",
  show: "Show Pipit",
  quit: "Quit Pipit",
  pictureOf: "Ask about…",
  pictureRegion: "Part of the screen…",
  pictureWindow: "A window…",
  pictureScreen: "The whole screen",
  region: {
    name: "Choose a part of the screen",
    hint: "Drag over what to ask about. Arrow keys work too. Enter takes it, Esc cancels.",
  },
  menu: {
    noSuggestions: "No suggestions",
    learn: "Add to dictionary",
    lookUp: (text: string) => `Look up “${text}”`,
    copyLink: "Copy link",
    copyPicture: "Copy picture",
    undo: "Undo",
    cut: "Cut",
    copy: "Copy",
    paste: "Paste",
    selectAll: "Select all",
    redo: "Redo",
    edit: "Edit",
    window: "Window",
    about: "About Pipit",
    hideApp: "Hide Pipit",
    hideOthers: "Hide Others",
    showAll: "Show All",
    close: "Close",
    minimize: "Minimize",
  },
  reading: {
    question: (name: string) => `Let the prompt “${name}” read what you copied or selected?`,
    detail: (text: string) =>
      `${text}\n\nWhat it reads goes into the message, which you send yourself. You are asked again when its text changes.`,
    keysQuestion: "Let the keys for selected text read the clipboard?",
    keysDetail:
      "This system does not tell Pipit what is selected. What you copied last goes into the message instead.",
    allow: "Allow",
    refuse: "Not now",
  },
  update: updatesEn,
  tool: toolEn,
  fault: (path: string) =>
    `Pipit met an error in itself and has to close. What you sent is kept. Start it again; what happened is in ${path}.`,
  fileSetAside: (path: string) =>
    `A file of Pipit was damaged and is kept as ${path}. Pipit goes on with a new one.`,
};

const ru: DesktopTexts = {
  signedInAs: (name) => `Вы вошли как ${name}`,
  localAccount: "пользователь этого компьютера",
  accounts: "Учётные записи",
  signedOut: "Вход не выполнен",
  online: "На связи",
  offline: "Нет связи с сервером",
  starting: "Сервер запускается…",
  answering: "Отвечает…",
  queued: (count) => `Ждут отправки: ${count}`,
  unseen: "Есть новое",
  answered: "Pipit ответил",
  notAnswered: "Не удалось ответить",
  waitsForSignIn: "Войдите, чтобы получить ответ",
  roomMessage: "Новое сообщение",
  roomMention: "Вас упомянули",
  everyone: "Все",
  login: "Войти…",
  logout: "Выйти из учётной записи",
  newChat: "Новый чат",
  speak: "Читать ответы вслух",
  stopSpeaking: "Остановить чтение",
  settings: "Настройки…",
  shortcuts: "Сочетания клавиш",
  show: "Показать Pipit",
  quit: "Завершить Pipit",
  pictureOf: "Спросить о…",
  pictureRegion: "Часть экрана…",
  pictureWindow: "Окно…",
  pictureScreen: "Весь экран",
  region: {
    name: "Выберите часть экрана",
    hint: "Обведите то, о чём спросить. Можно и стрелками. Enter — взять, Esc — отменить.",
  },
  menu: {
    noSuggestions: "Нет вариантов",
    learn: "Добавить в словарь",
    lookUp: (text) => `Найти «${text}»`,
    copyLink: "Скопировать ссылку",
    copyPicture: "Скопировать картинку",
    undo: "Отменить",
    cut: "Вырезать",
    copy: "Скопировать",
    paste: "Вставить",
    selectAll: "Выделить всё",
    redo: "Повторить",
    edit: "Правка",
    window: "Окно",
    about: "О Pipit",
    hideApp: "Скрыть Pipit",
    hideOthers: "Скрыть остальные",
    showAll: "Показать все",
    close: "Закрыть",
    minimize: "Свернуть",
  },
  reading: {
    question: (name) => `Разрешить заготовке «${name}» читать то, что вы скопировали или выделили?`,
    detail: (text) =>
      `${text}\n\nПрочитанное попадёт в сообщение, которое вы отправите сами. Если текст заготовки изменится, Pipit спросит снова.`,
    keysQuestion: "Разрешить клавишам для выделенного текста читать буфер обмена?",
    keysDetail:
      "Эта система не сообщает, что выделено. Вместо этого в сообщение попадёт то, что вы скопировали последним.",
    allow: "Разрешить",
    refuse: "Не сейчас",
  },
  update: updatesRu,
  tool: toolRu,
  fault: (path) =>
    `В Pipit произошла ошибка, и он должен закрыться. Отправленное сохранено. Запустите его снова; подробности: ${path}.`,
  fileSetAside: (path) =>
    `Один из файлов Pipit был повреждён и сохранён как ${path}. Pipit продолжает работу с новым.`,
};

/** The texts in the language of the settings, or of the system when they say so. */
export function textsFor(language: Settings["language"], systemLocale: string): DesktopTexts {
  return { en, ru }[resolveLanguage(language, systemLocale)];
}
