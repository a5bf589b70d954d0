import type { Language } from "#contract/language.ts";

/** Everything the built-in responder says; functions take what goes into the sentence. */
export interface Replies {
  readonly help: string;
  readonly connect: string;
  readonly greeting: string;
  readonly thanks: string;
  readonly unknown: string;
  readonly unknownWithHits: string;
  readonly noPictures: string;
  readonly noFiles: string;
  readonly time: (when: string) => string;
  readonly unknownPlace: (place: string) => string;
  readonly result: (expression: string, result: string) => string;
  readonly noResult: (expression: string, why: string) => string;
  readonly found: (query: string, count: number) => string;
  /** `everywhere`: all chats were searched, not only this one. */
  readonly foundNothing: (query: string, everywhere: boolean) => string;
  readonly searchFailed: string;
  readonly untitled: string;
}

const ENGLISH_CONNECT =
  "To connect a language model, do one of three things. The simple one: install Ollama from https://ollama.com and run `ollama pull llama3.2`; I will find it by myself with your next question. Or choose “Connect a model” in the window: any OpenAI-compatible server, without a restart. Or name that server with PIPIT_MODEL_URL, PIPIT_MODEL and PIPIT_MODEL_KEY, and restart the server.";

const RUSSIAN_CONNECT =
  "Подключить языковую модель можно тремя способами. Простой: установите Ollama с https://ollama.com и выполните `ollama pull llama3.2`; к следующему вопросу я найду её сам. Или нажмите «Подключить модель» в окне: подойдёт любой сервер, совместимый с OpenAI, и перезапуск не нужен. Или укажите этот сервер в PIPIT_MODEL_URL, PIPIT_MODEL и PIPIT_MODEL_KEY и перезапустите сервер.";

const ENGLISH: Replies = {
  help: `I am Pipit's built-in responder, not a language model: I follow plain rules. I can search your chats ("find the flight number"), tell the time and date ("what time is it in Tokyo?") and calculate ("what is 12% of 240?"). With a language model connected I can answer everything else too. ${ENGLISH_CONNECT}`,
  connect: ENGLISH_CONNECT,
  greeting:
    'Hello! No language model is connected yet, so I can only search your chats, tell the time and calculate. Ask "how do I connect a model?" for more.',
  thanks: "You are welcome.",
  unknown:
    'I cannot answer that: no language model is connected. Without one I can search your chats, tell the time and calculate. Ask "how do I connect a model?" to change that.',
  unknownWithHits:
    "I cannot answer that myself, because no language model is connected. But this from earlier may help:",
  noPictures: "I cannot look at pictures without a language model that takes them.",
  noFiles: "I cannot read files without a language model.",
  time: (when) => `It is ${when}.`,
  unknownPlace: (place) =>
    `I do not know the time zone of "${place}". Try a larger city nearby, or a zone name such as Europe/Berlin.`,
  result: (expression, result) => `${expression} = ${result}`,
  noResult: (expression, why) => `I cannot calculate "${expression}": ${why}.`,
  found: (query, count) =>
    count === 1 ? `I found one message about "${query}":` : `I found ${count} messages about "${query}":`,
  foundNothing: (query, everywhere) =>
    `I found nothing about "${query}" in ${everywhere ? "your chats" : "this chat"}.`,
  searchFailed: "I could not search your chats just now. Please try again.",
  untitled: "Untitled chat",
};

const RUSSIAN: Replies = {
  help: `Я встроенный ответчик Pipit, а не языковая модель: я действую по простым правилам. Я умею искать в ваших чатах («найди номер рейса»), говорить время и дату («который час в Токио?») и считать («сколько будет 12% от 240?»). С подключённой языковой моделью смогу отвечать и на всё остальное. ${RUSSIAN_CONNECT}`,
  connect: RUSSIAN_CONNECT,
  greeting:
    "Здравствуйте! Языковая модель ещё не подключена, поэтому я могу только искать в ваших чатах, говорить время и считать. Спросите «как подключить модель?», чтобы узнать больше.",
  thanks: "Пожалуйста.",
  unknown:
    "На это я ответить не могу: языковая модель не подключена. Без неё я умею искать в ваших чатах, говорить время и считать. Спросите «как подключить модель?», чтобы это изменить.",
  unknownWithHits:
    "Сам я на это ответить не могу: языковая модель не подключена. Но вот что об этом уже было:",
  noPictures: "Без языковой модели, которая принимает изображения, я не могу смотреть на картинки.",
  noFiles: "Без языковой модели я не могу читать файлы.",
  time: (when) => `Сейчас ${when}.`,
  unknownPlace: (place) =>
    `Я не знаю часовой пояс места «${place}». Назовите крупный город рядом или пояс, например Europe/Moscow.`,
  result: (expression, result) => `${expression} = ${result}`,
  noResult: (expression, why) => `Не могу вычислить «${expression}»: ${why}.`,
  found: (query, count) => `Вот что нашлось о «${query}» (сообщений: ${count}):`,
  foundNothing: (query, everywhere) =>
    `${everywhere ? "В ваших чатах" : "В этом чате"} ничего не нашлось о «${query}».`,
  searchFailed: "Сейчас не получилось поискать в чатах. Попробуйте ещё раз.",
  untitled: "Чат без названия",
};

export function repliesIn(language: Language): Replies {
  return language === "ru" ? RUSSIAN : ENGLISH;
}
