import { languageOfLocale } from "#contract/language.ts";

const english = {
  help: [
    "What you type goes to the room. Commands:",
    "  /rooms            your rooms, and those that you are invited to",
    "  /join [name]      go to that room, and accept its invitation; without a name: the common room",
    "  /history          what was said before",
    "  /create <name>    make a room and go there",
    "  /invite <login>   invite somebody to this room",
    "  /members          who is in this room",
    "  /leave            leave this room for good, and go to the common room",
    "  @pipit <question> ask Pipit, for all to read; /stop ends its answers to you",
    "  /image <file>     add a picture to the next message; /send alone sends it, /image - takes it out",
    "  /send <text>      send text that starts with a slash",
    "  /register         make an account; /login signs in",
    "  /quit             leave; what could not be sent is kept, and sent next time",
  ].join("\n"),
  common: "the common room",
  entered: (room: string) => `This is ${room}. /help lists the commands.`,
  nothingYet: "Nothing was said here yet.",
  older: "/history shows what was said before.",
  noOlder: "That was the beginning.",
  cut: (why: string) => `(${why} Trying again; what you write is kept.)`,
  reconnected: (count: number) => `(reconnected, ${count} ${count === 1 ? "message" : "messages"})`,
  waiting: (text: string) => `(waiting) ${text}`,
  refused: (text: string, why: string) => `(not sent) ${text}\n${why}`,
  sendingLeft: (count: number) =>
    `Sending ${count === 1 ? "1 message" : `${count} messages`} that ${count === 1 ? "was" : "were"} left from before.`,
  unsent: (count: number) =>
    count === 1
      ? "1 message waits to be sent. The next pipit room sends it, or the app."
      : `${count} messages wait to be sent. The next pipit room sends them, or the app.`,
  picture: (width: number, height: number) => `[picture ${width} × ${height}]`,
  noPicture: "No picture goes with the next message.",
  deleted: "(deleted)",
  edited: "(edited)",
  toAsker: (login: string) => ` (to ${login})`,
  nothingAsked: "Pipit is answering nothing that you have asked here.",
  joined: (login: string) => `${login} joined`,
  left: (login: string) => `${login} left`,
  invitedBy: (login: string) => `invited by ${login}; /join accepts`,
  invited: "invited",
  owner: "owner",
  unread: (count: number) => `${count >= 100 ? "100 or more" : count} unread`,
  invitation: (login: string) => `${login} is invited.`,
  goneFrom: (room: string) => `You have left ${room}.`,
  notForCommon:
    "Everybody is in the common room: nobody is invited, listed or leaves. /create makes another.",
  noSuchRoom: (name: string) =>
    `There is no room "${name}" that you are in or invited to. /rooms lists yours.`,
  severalRooms: (name: string, ids: string) =>
    `Several rooms are called "${name}". Join one by its id: ${ids}`,
  notSignedIn: "You are not signed in. /login signs in, /register makes an account.",
  noRoom: "No room is open. /join opens the common one, /join <name> another.",
};
export type RoomWords = typeof english;

const russian: RoomWords = {
  help: [
    "Всё, что вы пишете, уходит в комнату. Команды:",
    "  /rooms            ваши комнаты и те, куда вас пригласили",
    "  /join [имя]       перейти в комнату и принять приглашение; без имени — в общую",
    "  /history          что говорили раньше",
    "  /create <имя>     создать комнату и перейти в неё",
    "  /invite <логин>   пригласить в эту комнату",
    "  /members          кто в этой комнате",
    "  /leave            покинуть эту комнату насовсем и перейти в общую",
    "  @pipit <вопрос>   спросить Pipit, ответ увидят все; /stop прервёт его ответы вам",
    "  /image <файл>     добавить картинку к следующему сообщению; /send отправит её одну, /image - уберёт",
    "  /send <текст>     отправить текст, который начинается с косой черты",
    "  /register         создать учётную запись; /login — войти",
    "  /quit             выйти; неотправленное сохранится и уйдёт в следующий раз",
  ].join("\n"),
  common: "общая комната",
  entered: (room) => `Вы здесь: ${room}. Команды: /help.`,
  nothingYet: "Здесь ещё ничего не говорили.",
  older: "Что говорили раньше, покажет /history.",
  noOlder: "Это было начало.",
  cut: (why) => `(${why} Повторяем; написанное хранится.)`,
  reconnected: (count) => `(снова на связи, сообщений: ${count})`,
  waiting: (text) => `(ждёт) ${text}`,
  refused: (text, why) => `(не отправлено) ${text}\n${why}`,
  sendingLeft: (count) => `Отправляем оставшееся с прошлого раза, сообщений: ${count}.`,
  unsent: (count) =>
    `Ждут отправки, сообщений: ${count}. Их отправит следующий запуск pipit room или приложение.`,
  picture: (width, height) => `[картинка ${width} × ${height}]`,
  noPicture: "Со следующим сообщением картинки не будет.",
  deleted: "(удалено)",
  edited: "(изменено)",
  toAsker: (login) => ` (для ${login})`,
  nothingAsked: "Сейчас Pipit не отвечает здесь ни на один ваш вопрос.",
  joined: (login) => `${login} теперь здесь`,
  left: (login) => `${login} больше не здесь`,
  invitedBy: (login) => `приглашает ${login}; принять: /join`,
  invited: "приглашение",
  owner: "владелец",
  unread: (count) => `непрочитанных: ${count >= 100 ? "100 или больше" : count}`,
  invitation: (login) => `Приглашение отправлено: ${login}.`,
  goneFrom: (room) => `Вы покинули комнату ${room}.`,
  notForCommon:
    "В общей комнате все: туда не приглашают, её не покидают, списка нет. Другую создаст /create.",
  noSuchRoom: (name) => `Комнаты «${name}» среди ваших и приглашений нет. Ваши комнаты: /rooms.`,
  severalRooms: (name, ids) => `Комнат с именем «${name}» несколько. Войдите по id: ${ids}`,
  notSignedIn: "Вы не вошли. Войти: /login, создать учётную запись: /register.",
  noRoom: "Комната не открыта. Общую откроет /join, другую — /join <имя>.",
};

export function roomWordsFor(locale: string): RoomWords {
  return languageOfLocale(locale) === "ru" ? russian : english;
}
