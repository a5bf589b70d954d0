import { languageOfLocale } from "#contract/language.ts";
import { messagesFor } from "../kit/messages.ts";

/** What `pipit doctor` says by itself, in the languages of the app. */
export type DoctorMessages = typeof english;

const english = {
  states: { works: "works", limited: "limited", broken: "does not work" },
  /** Names of the parts, where they are not those of `--json`. */
  parts: {} as Readonly<Record<string, string>>,
  error: messagesFor("en").error,
  startedForCheck: " (none was running; started for this check)",
  unknownWithoutServer: "not known without a server",
  unknownBeforeSignIn: "not known before sign-in",
  notSignedIn: "Not signed in. Run `pipit auth login`.",
  localAccount: (name: string) => `${name} (the local account)`,
  /** The server's own words, which are English. */
  builtIn: undefined as string | undefined,
  spokenBy: (language: string, provider: string) => `${language} by ${provider}`,
  fewVoices: undefined as string | undefined,
  setAside: (path: string) => `a damaged database was set aside as ${path}; a new one is in use`,
  keychain: "sign-in is kept in the system's secret store",
  keychainMemory: (reason: string) => `sign-in is not kept: ${reason}`,
  keychainFile: (reason: string) => `sign-in is kept in a file readable only by you: ${reason}`,
  noSecretStore: "no secret store answers",
  keychainCure: "On Linux run a Secret Service (gnome-keyring or KWallet) in your session and unlock it.",
  sound: "the default sound device opens",
  picture: (widthPx: number, heightPx: number) => `a ${widthPx} x ${heightPx} picture was taken and dropped`,
  noDisplay: "there is no display in this session, so no desktop app",
  noDisplayCure: "Use `pipit chat` here, or `pipit web` for a browser elsewhere.",
  noApp: "the desktop app does not run",
  noAppCure: "Start it with `npm start`.",
  opens: (key: string) => `${key} opens the window`,
  unpressed: (key: string) => `${key} is registered, but has not been pressed yet`,
  unpressedCure: (bind: string) => `Press it. If no window opens, ${bind}`,
  taken: (key: string) => `${key} is taken by another program`,
  unusable: (key: string) => `${key} is not a combination that can be registered`,
  refusedCure: (bind: string) => `Choose another one in the settings, or ${bind}`,
  bind: "bind a key to `pipit toggle` in your desktop's keyboard settings.",
  off: "none is set",
  offCure: "Choose one in the settings of the app.",
};

const russian: DoctorMessages = {
  states: { works: "работает", limited: "ограничено", broken: "не работает" },
  parts: {
    server: "сервер",
    "sign-in": "вход",
    model: "модель",
    voice: "голос",
    store: "база",
    keychain: "ключи",
    "audio out": "звук",
    screen: "экран",
    hotkey: "клавиша",
  },
  error: messagesFor("ru").error,
  startedForCheck: " (не был запущен; запущен для этой проверки)",
  unknownWithoutServer: "без сервера неизвестно",
  unknownBeforeSignIn: "до входа неизвестно",
  notSignedIn: "Вход не выполнен. Выполните `pipit auth login`.",
  localAccount: (name) => `${name} (локальная учётная запись)`,
  builtIn: "языковой модели нет, отвечает встроенный помощник. Запустите Ollama или задайте PIPIT_MODEL_URL.",
  spokenBy: (language, provider) => `${language}: ${provider}`,
  fewVoices: "Не для всех языков есть голос. Задайте PIPIT_SPEECH_URL.",
  setAside: (path) => `повреждённая база сохранена как ${path}; работает новая`,
  keychain: "данные входа хранятся в системном хранилище секретов",
  keychainMemory: (reason) => `данные входа не сохраняются: ${reason}`,
  keychainFile: (reason) => `данные входа хранятся в файле, доступном только вам: ${reason}`,
  noSecretStore: "хранилище секретов не отвечает",
  keychainCure:
    "В Linux запустите в своём сеансе Secret Service (gnome-keyring или KWallet) и разблокируйте его.",
  sound: "звуковое устройство по умолчанию открывается",
  picture: (widthPx, heightPx) => `снимок ${widthPx} x ${heightPx} сделан и удалён`,
  noDisplay: "в этом сеансе нет дисплея, значит, нет и приложения с окном",
  noDisplayCure: "Здесь работает `pipit chat`, а для браузера на другой машине есть `pipit web`.",
  noApp: "приложение с окном не запущено",
  noAppCure: "Запустите его: `npm start`.",
  opens: (key) => `${key} открывает окно`,
  unpressed: (key) => `${key} назначена, но её ещё не нажимали`,
  unpressedCure: (bind) => `Нажмите её. Если окно не откроется, ${bind}`,
  taken: (key) => `${key} занята другой программой`,
  unusable: (key) => `${key} назначить нельзя`,
  refusedCure: (bind) => `Выберите другую в настройках или ${bind}`,
  bind: "назначьте клавишу на `pipit toggle` в настройках клавиатуры.",
  off: "не назначена",
  offCure: "Выберите её в настройках приложения.",
};

export function doctorMessagesFor(locale: string): DoctorMessages {
  return languageOfLocale(locale) === "ru" ? russian : english;
}
