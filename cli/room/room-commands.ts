import { v7 as uuidv7 } from "uuid";
import { askedOf } from "#contract/rooms/question.ts";
import { visible } from "#contract/terminal-text.ts";
import { readImageFile } from "#engine/node/screen/image-file.ts";
import { typedPath } from "../chat/typed-path.ts";
import { readSlashLine } from "../kit/slash-line.ts";
import { paint } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import type { RoomRepl } from "./room-repl.ts";
import { roomName, showLine } from "./room-screen.ts";

/** Messages that /history shows at once. */
const PAGE = 50;

type Command = (repl: RoomRepl, argument: string) => void | Promise<void>;

const commands: Readonly<Record<string, Command>> = {
  help: (repl) => repl.print(repl.screen.words.help),
  async rooms(repl) {
    const { words } = repl.screen;
    for (const room of await repl.client.rooms.list(repl.signal)) {
      const by = visible(room.invitedBy);
      const marks = room.invited ? [words.invitedBy(by)] : room.unread > 0 ? [words.unread(room.unread)] : [];
      const id = room.id === undefined ? [] : [room.id];
      repl.print(roomName(room, words), paint("dim", ["", ...marks, ...id].join("  ")));
    }
  },
  async join(repl, name) {
    await repl.enter(await repl.find(name === "" ? undefined : name));
  },
  history: showOlder,
  async create(repl, name) {
    await repl.enter(
      await repl.client.rooms.create(required(repl, name, "/create <name>"), uuidv7(), repl.signal),
    );
  },
  async invite(repl, login) {
    const id = ownRoom(repl);
    await repl.client.rooms.invite(id, required(repl, login, "/invite <login>"), repl.signal);
    repl.note("dim", repl.screen.words.invitation(login));
  },
  async members(repl) {
    const { words } = repl.screen;
    for (const member of await repl.client.rooms.members(ownRoom(repl), repl.signal)) {
      const mark = member.owner ? `  ${words.owner}` : member.invited ? `  ${words.invited}` : "";
      repl.print(visible(member.login), paint("dim", mark));
    }
  },
  async leave(repl) {
    const id = ownRoom(repl);
    const name = roomName(repl.here.room, repl.screen.words);
    const common = await repl.find(undefined);
    await repl.enter(common);
    await repl.client.rooms.leave(id, repl.signal);
    repl.note("dim", repl.screen.words.goneFrom(name));
  },
  async send(repl, text) {
    await repl.say(repl.hasPicture ? text : required(repl, text, "/send <text>"));
  },
  async image(repl, path) {
    const { words, messages } = repl.screen;
    if (path === "-") {
      repl.attach(undefined);
      return repl.note("dim", words.noPicture);
    }
    const picture = await readImageFile(typedPath(required(repl, path, "/image <file>")));
    repl.attach(picture);
    repl.note("dim", messages.screenshotReady(picture.widthPx, picture.heightPx));
  },
  stop: stopAnswers,
  login: (repl) => repl.signIn("login"),
  register: (repl) => repl.signIn("register"),
  quit: (repl) => repl.quit(),
};

/** Runs a line that begins with a slash. Throws PipitError. */
export async function runRoomCommand(line: string, repl: RoomRepl): Promise<void> {
  const { name, argument } = readSlashLine(line);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new ToldError("USAGE", repl.screen.messages.unknownCommand(name));
  await command(repl, argument);
}

async function showOlder(repl: RoomRepl): Promise<void> {
  const open = repl.here;
  const { words } = repl.screen;
  if (open.oldest === "all") return repl.note("dim", words.noOlder);
  const { messages, older } = await repl.client.rooms.page(open.room.id, PAGE, open.oldest, repl.signal);
  open.oldest = older ? messages[0]?.seq : "all";
  repl.above(() => messages.forEach((line) => showLine(line, repl.screen)));
  repl.note("dim", older ? words.older : words.noOlder);
}

/** Of all devices of the account. */
async function stopAnswers(repl: RoomRepl): Promise<void> {
  const { client, here, screen, signal } = repl;
  const [login, { messages }] = await Promise.all([
    client.rooms.login(signal),
    client.rooms.page(here.room.id, PAGE, undefined, signal),
  ]);
  const answered = new Set(messages.map(({ replyTo, askedBy }) => askedBy && replyTo));
  const open = messages.filter(
    ({ id, author, text }) => author === login && askedOf(text) !== undefined && !answered.has(id),
  );
  for (const { id } of open) await client.rooms.stopAnswer(here.room.id, id, signal);
  if (open.length === 0) repl.note("dim", screen.words.nothingAsked);
}

function ownRoom(repl: RoomRepl): string {
  const { id } = repl.here.room;
  if (id === undefined) throw new ToldError("USAGE", repl.screen.words.notForCommon);
  return id;
}

function required(repl: RoomRepl, argument: string, usage: string): string {
  if (argument === "") throw new ToldError("USAGE", repl.screen.messages.missingArgument(usage));
  return argument;
}
