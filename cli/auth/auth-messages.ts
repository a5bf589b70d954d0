import { languageOfLocale } from "#contract/language.ts";
import { plural } from "../kit/messages.ts";

/** What `pipit auth` says by itself, in the languages of the app. */
export type AuthMessages = typeof english;

const english = {
  username: "Username",
  usernameOrLocal: "Username (empty: the local account of this computer)",
  displayName: "Display name (empty: the username)",
  password: "Password",
  repeatPassword: "Password again",
  code: "Code of your authenticator app, or a recovery code",
  codeWrong: "❌ This code is wrong or was used already.",
  factorWanted: "Protect it with the codes of an authenticator app as well? (y/N)",
  factorKey: (secret: string) => `Scan this with the app, or type this key there: ${secret}`,
  factorCode: "Code that the app shows ('save FILE.png' saves the picture; empty: not now)",
  factorSaved: (path: string) =>
    `✅ Saved. Delete ${path} once it is scanned: whoever has it can make your codes.`,
  factorUnsaved: (path: string, why: string) =>
    `❌ ${path} could not be written (${why}). Choose another place; a file that is there is kept.`,
  factorOn:
    "✅ From now on a sign-in asks for a code. Where the app is not at hand, each of these works once:",
  factorLeft: "ℹ️  No second factor is set up. The settings in Pipit's window do it at any time.",
  triesOver: "❌ There are no attempts left.",
  passwordsDiffer: "❌ The two passwords differ.",
  authenticating: (server: string) => `Authenticating with ${server}...`,
  loginDone: "✅ Login successful!",
  registered: "✅ Account created.",
  loggedInAs: (name: string) => `   Logged in as: ${name}`,
  refused: "❌ Invalid username or password",
  checkCredentials: "   Please check your credentials and try again.",
  loginTaken: "❌ This username is taken. Choose another one.",
  maybeYours: "   If you have just made it and the answer was lost, run 'pipit auth login'.",
  unreachable: "❌ Cannot reach server. Check your connection.",
  unavailable: "❌ Server temporarily unavailable",
  tryLater: "   Please try again in a few minutes.",
  already: "✅ Already authenticated.",
  forceHint: "Use --force to re-authenticate or 'pipit auth logout' first.",
  loggedOut: "✅ Logged out successfully.",
  cleared: (name: string) => `   Cleared credentials for: ${name}`,
  noSession: "ℹ️  No active session. Already logged out.",
  authenticated: "✅ Authenticated",
  notAuthenticated: "❌ Not authenticated",
  howToLogin: "   Run 'pipit auth login' to authenticate.",
  switched: (name: string) => `✅ Switched to ${name}`,
  isUser: (name: string) => `   Username: ${name}`,
  isServer: (server: string) => `   Server: ${server}`,
  ownServer: "this computer",
  accessValid: (left: string) => `   Access token: valid (${left} remaining)`,
  accessExpired: "   Access token: expired (will refresh automatically)",
  refreshValid: (left: string) => `   Refresh token: valid (${left} remaining)`,
  refreshExpired: "   Refresh token: expired (re-login required)",
  refreshMissing: "   Refresh token: none (the token was given by hand)",
  isKept: (place: string) => `   Tokens: in ${place}`,
  places: {
    keychain: "the system's secret store",
    file: "a file readable only by you",
    memory: "memory, while Pipit runs",
  },
  alsoIn: (names: string) => `   Also signed in: ${names} ('pipit auth switch NAME' goes on with one)`,
  waits: (count: number, name: string) =>
    `   ${count === 1 ? "1 message waits" : `${count} messages wait`} here and ${count === 1 ? "is" : "are"} sent when ${name} is signed in.`,
  seconds: (count: number) => `${count}s`,
  days: (count: number) => `${count}d`,
  noPasswordInArgv:
    "A password in the command line can be read by every program of this computer. Use --password-stdin, or leave it out to be asked.",
  needsUsername: "--password-stdin needs --username NAME.",
  needsTerminal:
    "There is no terminal to ask at. Use --username NAME --password-stdin, --device or --browser.",
  notText: "Standard input is not UTF-8 text, and so no password.",
  noPassword:
    "Standard input holds no password. Its first line is the password, its second the code if one is needed.",
  needsShow: "The token would stand on the screen. Pipe it to where it is needed, or use --show.",
  signInFirst: "You are not signed in. Run 'pipit auth login' first.",
  noSuchAccount: (name: string, names: string) =>
    `No account "${name}" is signed in here. There ${names === "" ? "is none" : `is: ${names}`}; 'pipit auth login' adds one.`,
  severalOf: (name: string, servers: string) =>
    `"${name}" is signed in more than once: ${servers}. Say where with --server URL.`,
  noOther: "No other account is signed in here; 'pipit auth login --force' adds one.",
  chooseOne: (names: string) => `Say which: ${names}.`,
  serverStays: (name: string) => `   ${name} is set and wins: unset it to talk to this server.`,
  openAddress: (address: string) => `Your browser opens. If it does not, open this address:\n${address}`,
  device: (address: string, code: string) => `Open ${address} on any device and enter the code ${code}`,
  waitsForDevice: "Waiting for your confirmation there; Ctrl-C gives up.",
};

const russian: AuthMessages = {
  username: "Имя пользователя",
  usernameOrLocal: "Имя пользователя (пусто — локальная учётная запись этого компьютера)",
  displayName: "Отображаемое имя (пусто — имя пользователя)",
  password: "Пароль",
  repeatPassword: "Пароль ещё раз",
  code: "Код из приложения или код восстановления",
  codeWrong: "❌ Код неверен или уже использован.",
  factorWanted: "Защитить её ещё и кодами приложения-аутентификатора? (д/Н)",
  factorKey: (secret) => `Отсканируйте это приложением или введите в нём ключ: ${secret}`,
  factorCode: "Код из приложения («save ФАЙЛ.png» сохранит картинку; пусто — не сейчас)",
  factorSaved: (path) =>
    `✅ Сохранено. Отсканировав, удалите ${path}: по этому файлу любой получит ваши коды.`,
  factorUnsaved: (path, why) =>
    `❌ Не удалось записать ${path} (${why}). Выберите другое место; существующий файл не заменяется.`,
  factorOn:
    "✅ Теперь при входе нужен код. Если приложения нет под рукой, сработает любой из этих, один раз:",
  factorLeft: "ℹ️  Второго фактора нет. Его можно включить в настройках окна Pipit.",
  triesOver: "❌ Попыток больше нет.",
  passwordsDiffer: "❌ Пароли не совпадают.",
  authenticating: (server) => `Вход на ${server}...`,
  loginDone: "✅ Вход выполнен!",
  registered: "✅ Учётная запись создана.",
  loggedInAs: (name) => `   Вы вошли как: ${name}`,
  refused: "❌ Неверное имя или пароль",
  checkCredentials: "   Проверьте их и повторите.",
  loginTaken: "❌ Это имя занято. Выберите другое.",
  maybeYours: "   Если вы только что его завели, а ответ не дошёл, выполните 'pipit auth login'.",
  unreachable: "❌ Сервер недоступен. Проверьте соединение.",
  unavailable: "❌ Сервер временно не отвечает",
  tryLater: "   Повторите через несколько минут.",
  already: "✅ Вход уже выполнен.",
  forceHint: "Чтобы войти заново, укажите --force или сначала выполните 'pipit auth logout'.",
  loggedOut: "✅ Выход выполнен.",
  cleared: (name) => `   Данные входа удалены: ${name}`,
  noSession: "ℹ️  Вход не выполнен, выходить не из чего.",
  authenticated: "✅ Вход выполнен",
  notAuthenticated: "❌ Вход не выполнен",
  howToLogin: "   Войти: 'pipit auth login'.",
  switched: (name) => `✅ Теперь: ${name}`,
  isUser: (name) => `   Имя: ${name}`,
  isServer: (server) => `   Сервер: ${server}`,
  ownServer: "этот компьютер",
  accessValid: (left) => `   Токен доступа: действует (ещё ${left})`,
  accessExpired: "   Токен доступа: истёк (обновится сам)",
  refreshValid: (left) => `   Токен обновления: действует (ещё ${left})`,
  refreshExpired: "   Токен обновления: истёк (нужно войти заново)",
  refreshMissing: "   Токена обновления нет (токен введён вручную)",
  isKept: (place) => `   Токены: ${place}`,
  places: {
    keychain: "в системном хранилище секретов",
    file: "в файле, доступном только вам",
    memory: "в памяти, пока Pipit работает",
  },
  alsoIn: (names) => `   Также вошли: ${names} ('pipit auth switch ИМЯ' переключит)`,
  waits: (count, name) =>
    `   ${plural(count, "сообщение ждёт и уйдёт", "сообщения ждут и уйдут", "сообщений ждут и уйдут")}, когда войдёт ${name}.`,
  seconds: (count) => `${count} с`,
  days: (count) => `${count} дн.`,
  noPasswordInArgv:
    "Пароль в командной строке видят все программы этого компьютера. Укажите --password-stdin или не указывайте пароль: он будет спрошен.",
  needsUsername: "К --password-stdin нужен --username ИМЯ.",
  needsTerminal:
    "Спросить негде: нет терминала. Укажите --username ИМЯ --password-stdin, --device или --browser.",
  notText: "Стандартный ввод — не текст в UTF-8, а значит, не пароль.",
  noPassword: "В стандартном вводе нет пароля. Первая строка — пароль, вторая — код, если он нужен.",
  needsShow: "Токен оказался бы на экране. Направьте вывод туда, где он нужен, или укажите --show.",
  signInFirst: "Вы не вошли. Сначала выполните 'pipit auth login'.",
  noSuchAccount: (name, names) =>
    `Учётная запись «${name}» здесь не вошла. ${names === "" ? "Нет ни одной" : `Есть: ${names}`}; 'pipit auth login' добавит.`,
  severalOf: (name, servers) => `«${name}» — больше одной: ${servers}. Укажите, где: --server URL.`,
  noOther: "Другой учётной записи здесь нет; 'pipit auth login --force' добавит.",
  chooseOne: (names) => `Укажите, какая: ${names}.`,
  serverStays: (name) => `   Задана и важнее ${name}: уберите её, чтобы работать с этим сервером.`,
  openAddress: (address) => `Открывается браузер. Если нет, откройте этот адрес:\n${address}`,
  device: (address, code) => `Откройте ${address} на любом устройстве и введите код ${code}`,
  waitsForDevice: "Жду подтверждения там; Ctrl-C прервёт.",
};

/** The messages for a BCP 47 tag; English unless it is Russian. */
export function authMessagesFor(locale: string): AuthMessages {
  return languageOfLocale(locale) === "ru" ? russian : english;
}
