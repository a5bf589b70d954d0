import type { AttachedFile } from "#contract/attached-file.ts";
import type { ErrorCode } from "#contract/error-codes.ts";
import { languageOfLocale } from "#contract/language.ts";
import { errorText, failureText, type Problem } from "#contract/texts/error-text.ts";
import { memoryTexts } from "./memory-texts.ts";
import { ToldError } from "./told-error.ts";

/** Every sentence the terminal client says by itself, in the languages of the app. Server messages come as they are. */
export type Messages = typeof english;

const english = {
  /** What to tell of an error; the messages of a PipitError name its cure. */
  error: ({ message }: Problem): string => message,
  welcome: (server: string) => `Pipit is listening (${server}). Type a question; /help lists the commands.`,
  startedServer: "No server was running, so one was started for this chat.",
  help: [
    "Anything you type is sent. Commands:",
    "  /send <text>      send text that starts with a slash",
    "  /screenshot       attach a picture of the screen to the next message",
    "  /file [path]      attach a text file, PDF or Word document (docx); without a path: list them; /file - removes them",
    "  /audio on|off     speak answers or stay silent",
    "  /model [name]     list the models, or ask another one from now on",
    "  /history          this chat so far",
    "  /again            answer the last question again",
    "  /edit <text>      ask another text in its place",
    "  /branch <n>       go back to an earlier question and answer of that place, as in 2/3",
    "  /new              begin another chat",
    "  /temporary        begin one that is in no list and no search, and is gone a day after its last message",
    "  /chats            your chats, by number; /open <n> goes on with one of them",
    "  /search <words>   search all your chats",
    "  /memories         what is remembered of you, by number; /remember <text> adds to it, /forget <n> takes one away",
    "  /queue            the messages that are not answered, by number",
    "  /retry [n]        send one of them now; also /edit <n> <text>, /skip [n], /drop [n]",
    "  /login [token]    sign in (without a token: as pipit auth login did, or to the local account)",
    "  /logout           sign out; nothing is sent until the next /login",
    "  /switch [name]    list the accounts that are signed in, or go on as another one",
    "  /quit             leave",
    "Ctrl-C stops an answer; twice leaves.",
  ].join("\n"),
  branch: (number: number, count: number) => `${number}/${count} at this place; /branch <n> shows another.`,
  noBranches: "No question of this chat was asked again or changed.",
  noSuchBranch: (count: number) => `There are ${count} at this place: /branch 1 to /branch ${count}.`,
  newChat: "This is a new chat.",
  temporaryChat: "This is a temporary chat: in no list, no search, and gone a day after its last message.",
  unread: "unread",
  noChats: "There are no chats yet.",
  chatRenamed: (title: string) => `(This chat is called "${title}" now.)`,
  chatDeleted: "(This chat was deleted on another device. What you ask now begins a new one.)",
  chatOpened: (title: string) => `This goes on with "${title}"; /history shows it.`,
  noSuchChat: (name: string) => `There is no chat "${name}". 'pipit chats list' shows them.`,
  severalChats: (name: string) => `More than one chat begins with "${name}". Give more of its id.`,
  readingStdin: "Reading standard input, which goes with the question; Ctrl-D ends it.",
  stdinTooLong: (max: number) =>
    `Question and standard input are longer than ${max} characters together. Send less, such as its end: | tail -c 200000`,
  stdinNotText:
    "Standard input is not UTF-8 text. For a picture, use --image <file>; for a document, --file <file>.",
  unknownCommand: (name: string) =>
    `There is no command /${name}. /help lists them; /send sends text that starts with a slash.`,
  missingArgument: (usage: string) => `Usage: ${usage}`,
  signedInAs: (name: string) => `Signed in as ${name}.`,
  signedOut: "Signed out. Messages are not sent until you /login.",
  signInEnded:
    "Your sign-in was ended. Sign in again: pipit auth login in another terminal, then /login here; unsent messages are kept.",
  accountClosed:
    "This account was closed: it was switched off, or no longer exists on the server. Sign in with another one: pipit auth login.",
  notSignedIn:
    "You are not signed in. Use pipit auth login, /login for the local account, or /login <token>.",
  loginElsewhere:
    "The local account is of this computer's own server. Here sign in with pipit auth login in another terminal, then /login; or by /login <token>.",
  noSuchAccount: (name: string) =>
    `No account "${name}" is signed in here. /switch lists them; pipit auth login adds one.`,
  tokenAccepted: "Token stored. The next message shows whether the server accepts it.",
  tokenPlaceFile: (reason: string) =>
    `Your sign-in is kept in a file readable only by you, not in the keychain: ${reason}`,
  tokenPlaceMemory: (reason: string) => `Your sign-in is kept only until this ends: ${reason}`,
  keychainWaits: "Waiting for the system's keychain: it may be asking for a password or your permission.",
  outboxSetAside: (path: string) =>
    `The queue of unsent messages was damaged and is kept as ${path}; a new one was started.`,
  databaseSetAside: (path: string) =>
    `The server's database was damaged and is kept as ${path}; a new, empty one was started.`,
  audioOn: "Answers are spoken.",
  audioOff: "Answers are silent.",
  noSound: (why: string) => `Answers are not spoken: ${why}`,
  screenshotReady: (widthPx: number, heightPx: number) =>
    `Screenshot taken (${widthPx} x ${heightPx}); it goes with your next message.`,
  windowReady: (program: string) => `A picture of the window of ${program} goes with your next message.`,
  windowsUnseen:
    "This system shows a terminal no windows of other programs. Choose the window in the Pipit app, or use --screenshot=region.",
  noWindowBehind:
    "No window lies behind the one that has the keyboard. Go to the window that you mean, come back to this terminal, and try again.",
  fileReady: ({ name, pages, text, cut }: AttachedFile) =>
    `${name}: ${pages === undefined ? "" : `${pages} pages, `}${cut ? "the first " : ""}${text.length} characters go with your next message.`,
  noFiles: "No file goes with your next message.",
  toolStarted: (name: string) => `using ${name}`,
  memories: memoryTexts.en,
  wasReasoning: "(the text above was reasoning; the answer follows)",
  cancelled: "(stopped)",
  ctrlCAgain: "Press Ctrl-C again to leave.",
  kept: (count: number) =>
    `${count === 1 ? "The message is" : `${count} messages are`} kept and sent when the server is reachable again.`,
  keptSignedOut: "The message is kept and sent when you have signed in to that account again.",
  keptUntil: (atMs: number) =>
    `The message is kept and asked again at ${clockTime("en", atMs)}, at the next start, or now by /retry.`,
  keptBehind:
    "The message is kept until the one before it is answered: /queue lists them, /skip <n> lets the others go.",
  keptElsewhere: "The message is kept: another window or program sends for this chat just now.",
  waiting: (count: number) => `Sending ${count === 1 ? "1 message" : `${count} messages`} that waited.`,
  modelChosen: (name: string) => `${name} answers from now on.`,
  noSuchModel: (name: string) => `There is no model ${name}. /model lists them.`,
  parked: (count: number) =>
    `${count === 1 ? "1 message was" : `${count} messages were`} not answered; /queue shows why and what can be done.`,
  queueEmpty: "Every message is answered.",
  isWaiting: "waiting",
  sameReason: "not answered, for the same reason",
  notSent: (why: string) => `not answered: ${why}`,
  queueHelp:
    "/retry [n] sends one now, /edit <n> <text> changes it, /skip [n] lets the next go, /drop [n] removes it.",
  noSuchMessage: (count: number) => `There is no message of that number; /queue lists ${count}.`,
  skipped: "Set aside; the next one goes.",
  dropped: "Removed.",
  noHistory: "This chat is empty.",
  noHits: (query: string) => `Nothing found for "${query}".`,
  you: "you",
  recorded: (path: string, seconds: number) => `Recorded ${seconds.toFixed(1)} s of speech to ${path}.`,
  noServerForWeb:
    "No Pipit server runs here. Start one with npx pipit serve or npm start -- --web, then try again.",
  signInFirst: "You are not signed in. Sign in with npx pipit auth login, then try again.",
  jsonWithoutOnce: "--json prints the events of one message; use it with --once <text>.",
  bye: "Bye.",
};

/** Russian plural: 1 сообщение, 2 сообщения, 5 сообщений. */
export function plural(count: number, one: string, few: string, many: string): string {
  const rule = new Intl.PluralRules("ru").select(count);
  return `${count} ${rule === "one" ? one : rule === "few" ? few : many}`;
}

/** Errors whose own words name what no table can: an address, a setting, a path. */
const naming = new Set<string>([
  "INVALID_REQUEST",
  "MODEL_UNREACHABLE",
  "MODEL_MISSING",
  "MODEL_FAILED",
  "SERVER_UNREACHABLE",
  "STORAGE_CORRUPT",
  "STORAGE_UNREADABLE",
  "CONFIG_INVALID",
  "PORT_IN_USE",
  "DATA_FOLDER_IN_USE",
] satisfies ErrorCode[]);

const russianSignedOut =
  "Вы не вошли. Войти: pipit auth login; /login — локальная учётная запись, /login <токен> — по токену.";

/** Errors whose cure is another one in a terminal. */
const russianCures: Readonly<Record<string, string>> = {
  SIGNED_OUT: russianSignedOut,
  NO_DISPLAY: "Экрана нет: в этом сеансе нет дисплея. Снимок можно приложить файлом: --image <файл>.",
  SCREEN_REFUSED: "Система не даёт снимать экран. Разрешите это Pipit или терминалу в её настройках.",
  NO_SOUND_DEVICE:
    "Звук воспроизвести нельзя: нет устройства вывода. Подключите его или запустите звуковой сервер.",
} satisfies Partial<Record<ErrorCode, string>>;

function russianError(error: Problem): string {
  if (error instanceof ToldError) return error.message;
  const told = russianCures[error.code] ?? failureText(error, "ru");
  const { detail } = errorText(error, "ru");
  return naming.has(error.code) && detail !== undefined ? `${told} (${detail})` : told;
}

const russian: Messages = {
  error: russianError,
  welcome: (server) => `Pipit слушает (${server}). Введите вопрос; /help покажет команды.`,
  startedServer: "Сервер не был запущен, поэтому для этого чата запущен свой.",
  help: [
    "Всё, что вы вводите, отправляется. Команды:",
    "  /send <текст>     отправить текст, который начинается с косой черты",
    "  /screenshot       приложить снимок экрана к следующему сообщению",
    "  /file [путь]      приложить текст, PDF или документ Word (docx); без пути — показать их, /file - уберёт",
    "  /audio on|off     озвучивать ответы или молчать",
    "  /model [имя]      показать модели или спрашивать дальше другую",
    "  /history          этот чат с начала",
    "  /again            ответить на последний вопрос заново",
    "  /edit <текст>     задать другой вопрос на его месте",
    "  /branch <n>       вернуться к прежнему вопросу и ответу на этом месте, как в 2/3",
    "  /new              начать другой чат",
    "  /temporary        начать временный: его нет в списке и поиске, он исчезнет через день после последнего сообщения",
    "  /chats            ваши чаты по номерам; /open <n> продолжит один из них",
    "  /search <слова>   искать во всех ваших чатах",
    "  /memories         что о вас запомнено, по номерам; /remember <текст> добавит, /forget <n> уберёт",
    "  /queue            сообщения без ответа, по номерам",
    "  /retry [n]        отправить одно из них; также /edit <n> <текст>, /skip [n], /drop [n]",
    "  /login [токен]    войти (без токена: как в pipit auth login или в локальную учётную запись)",
    "  /logout           выйти; до следующего /login ничего не отправляется",
    "  /switch [имя]     показать учётные записи, которые вошли, или перейти к другой",
    "  /quit             закончить",
    "Ctrl-C останавливает ответ, дважды — завершает работу.",
  ].join("\n"),
  branch: (number, count) => `${number}/${count} на этом месте; /branch <n> покажет другой вопрос.`,
  noBranches: "В этом чате вопросы не задавались заново.",
  noSuchBranch: (count) => `На этом месте вопросов: ${count}. Номер — от 1 до ${count}.`,
  newChat: "Это новый чат.",
  temporaryChat:
    "Это временный чат: его нет в списке и поиске, он исчезнет через день после последнего сообщения.",
  unread: "не прочитан",
  noChats: "Чатов пока нет.",
  chatRenamed: (title) => `(Теперь этот чат называется «${title}».)`,
  chatDeleted: "(Этот чат удалён на другом устройстве. Следующий вопрос начнёт новый.)",
  chatOpened: (title) => `Продолжается «${title}»; /history покажет его.`,
  noSuchChat: (name) => `Чата «${name}» нет. Все чаты: 'pipit chats list'.`,
  severalChats: (name) => `С «${name}» начинается несколько чатов. Укажите больше знаков id.`,
  readingStdin: "Читаю стандартный ввод, он уйдёт вместе с вопросом; Ctrl-D завершает его.",
  stdinTooLong: (max) =>
    `Вопрос и стандартный ввод вместе длиннее ${max} символов. Отправьте меньше, например конец: | tail -c 200000`,
  stdinNotText:
    "Стандартный ввод — не текст в UTF-8. Для картинки есть --image <файл>, для документа --file <файл>.",
  unknownCommand: (name) =>
    `Команды /${name} нет. /help покажет все; /send отправит текст с косой чертой в начале.`,
  missingArgument: (usage) => `Использование: ${usage}`,
  signedInAs: (name) => `Вы вошли как ${name}.`,
  signedOut: "Вы вышли. Сообщения не отправляются, пока вы не войдёте: /login.",
  notSignedIn: russianSignedOut,
  accountClosed:
    "Учётная запись закрыта: её отключили, или её больше нет на сервере. Войдите под другой: pipit auth login.",
  signInEnded:
    "Ваш вход завершён. Войдите снова: pipit auth login в другом терминале, затем /login здесь; неотправленные сообщения сохранены.",
  loginElsewhere:
    "Локальная учётная запись есть только на этом компьютере. Здесь войдите через pipit auth login в другом терминале, затем /login; или /login <токен>.",
  noSuchAccount: (name) =>
    `Учётная запись «${name}» здесь не вошла. /switch покажет все, pipit auth login добавит.`,
  tokenAccepted: "Токен сохранён. Примет ли его сервер, покажет следующее сообщение.",
  tokenPlaceFile: () =>
    "Данные входа хранятся в файле, доступном только вам: связки ключей в этом сеансе нет или она закрыта.",
  tokenPlaceMemory: () =>
    "Вход действует, только пока эта программа работает: связки ключей в этом сеансе нет или она закрыта.",
  keychainWaits: "Ожидание системной связки ключей: возможно, она спрашивает пароль или разрешение.",
  outboxSetAside: (path) =>
    `Очередь неотправленных сообщений повреждена и сохранена как ${path}; начата новая.`,
  databaseSetAside: (path) => `База данных сервера повреждена и сохранена как ${path}; начата новая, пустая.`,
  audioOn: "Ответы озвучиваются.",
  audioOff: "Ответы без звука.",
  noSound: (why) => `Ответы не озвучиваются: ${why}`,
  screenshotReady: (widthPx, heightPx) =>
    `Снимок экрана сделан (${widthPx} x ${heightPx}) и уйдёт со следующим сообщением.`,
  windowReady: (program) => `Снимок окна программы ${program} уйдёт со следующим сообщением.`,
  windowsUnseen:
    "Эта система не показывает терминалу окна других программ. Выберите окно в приложении Pipit или возьмите --screenshot=region.",
  noWindowBehind:
    "За окном, в котором вы печатаете, нет других. Перейдите в нужное окно, вернитесь в терминал и повторите.",
  fileReady: ({ name, pages, text, cut }) =>
    `${name}: ${pages === undefined ? "" : `страниц: ${pages}, `}${cut ? "первые символы" : "символы"} (${text.length}) уйдут со следующим сообщением.`,
  noFiles: "Со следующим сообщением файлы не уйдут.",
  toolStarted: (name) => `использую ${name}`,
  memories: memoryTexts.ru,
  wasReasoning: "(текст выше был размышлением; ответ ниже)",
  cancelled: "(остановлено)",
  ctrlCAgain: "Нажмите Ctrl-C ещё раз, чтобы выйти.",
  kept: (count) =>
    `${plural(count, "сообщение сохранено и будет отправлено", "сообщения сохранены и будут отправлены", "сообщений сохранено и будет отправлено")}, когда сервер станет доступен.`,
  keptSignedOut: "Сообщение сохранено и будет отправлено, когда вы снова войдёте в эту учётную запись.",
  keptUntil: (atMs) =>
    `Сообщение сохранено; оно уйдёт снова в ${clockTime("ru", atMs)}, при следующем запуске или сейчас по /retry.`,
  keptBehind:
    "Сообщение сохранено и ждёт ответа на предыдущее: /queue покажет их, /skip <n> пропустит остальные вперёд.",
  keptElsewhere: "Сообщение сохранено: сообщения этого чата сейчас отправляет другое окно или программа.",
  waiting: (count) =>
    `Отправляю ${plural(count, "ожидавшее сообщение", "ожидавших сообщения", "ожидавших сообщений")}.`,
  modelChosen: (name) => `Теперь отвечает ${name}.`,
  noSuchModel: (name) => `Модели ${name} нет. /model покажет, какие есть.`,
  parked: (count) =>
    `Без ответа ${plural(count, "сообщение", "сообщения", "сообщений")}; /queue покажет причину и что можно сделать.`,
  queueEmpty: "На все сообщения есть ответ.",
  sameReason: "без ответа по той же причине",
  isWaiting: "ждёт отправки",
  notSent: (why) => `ответа нет: ${why}`,
  queueHelp:
    "/retry [n] отправит сейчас, /edit <n> <текст> изменит, /skip [n] пропустит вперёд следующее, /drop [n] удалит.",
  noSuchMessage: (count) => `Сообщения с таким номером нет; всего в /queue: ${count}.`,
  skipped: "Отложено; отправляется следующее.",
  dropped: "Удалено.",
  noHistory: "В этом чате пока пусто.",
  noHits: (query) => `По запросу «${query}» ничего не найдено.`,
  you: "вы",
  recorded: (path, seconds) => `Записано ${seconds.toFixed(1)} с речи в ${path}.`,
  noServerForWeb:
    "Сервер Pipit здесь не запущен. Запустите его: npx pipit serve или npm start -- --web, и повторите.",
  signInFirst: "Вы не вошли. Войдите: npx pipit auth login, и повторите.",
  jsonWithoutOnce: "--json печатает события одного сообщения; укажите и --once <текст>.",
  bye: "Пока.",
};

/** The messages for a BCP 47 tag; English unless it is Russian. */
function clockTime(language: string, atMs: number): string {
  return new Date(atMs).toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
}

export function messagesFor(locale: string): Messages {
  return languageOfLocale(locale) === "ru" ? russian : english;
}
