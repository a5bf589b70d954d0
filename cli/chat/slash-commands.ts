import { oneLine } from "#contract/texts/one-line.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuthState } from "#contract/auth-state.ts";
import { checkFiles, type AttachedFile } from "#contract/attached-file.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Client } from "#engine/node/client.ts";
import type { Screen } from "#engine/ports.ts";
import { chatCommands } from "./chat-commands.ts";
import { branchCommands } from "./branch-commands.ts";
import { memoryCommands } from "./memory-commands.ts";
import { printMessage } from "./print-message.ts";
import { queueCommands } from "./queue-commands.ts";
import { tellTokenPlace, type ChatContext } from "./announcements.ts";
import { typedPath } from "./typed-path.ts";
import { loginOf } from "../kit/open-cli-client.ts";
import { readSlashLine } from "../kit/slash-line.ts";
import { paint, printLine, printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";

/** What a slash command may do. */
export interface ReplContext extends ChatContext {
  readonly screen: Screen;
  /** Takes the line that was just typed out of the history (it held a token). */
  forgetLine(): void;
  /** Attaches a picture to the next message. */
  attach(image: ScreenImage): void;
  /** The files that go with the next message. */
  attached(): readonly AttachedFile[];
  attachFiles(files: readonly AttachedFile[]): void;
  /** Sends a message and waits for its answer. */
  ask(text: string, signal: AbortSignal): Promise<void>;
  /** Waits for what is being answered. */
  answers(): Promise<void>;
  quit(): void;
}

export type SlashCommand = (argument: string, context: ReplContext, signal: AbortSignal) => Promise<void>;

const SEARCH_LIMIT = 5;

const commands: Readonly<Record<string, SlashCommand>> = {
  async help(_argument, { terminal, messages }) {
    printLine(terminal, messages.help);
  },
  async login(argument, { client, terminal, messages, forgetLine }, signal) {
    if (argument !== "") forgetLine();
    const kept = argument === "" ? await signedInElsewhere(client, signal) : undefined;
    if (argument === "" && kept === undefined && !client.ownServer)
      throw new ToldError("SIGNED_OUT", messages.loginElsewhere);
    const state = kept ?? (await client.login(argument === "" ? undefined : argument, signal));
    if (state.kind !== "signed-in") throw new ToldError("SIGNED_OUT", messages.notSignedIn);
    printLine(terminal, messages.signedInAs(await loginOf(client, state.accountName, signal)));
    tellTokenPlace(client, terminal, messages);
    if (argument !== "") printLine(terminal, messages.tokenAccepted);
    await client.engine.resume();
  },
  async logout(_argument, { client, terminal, messages }, signal) {
    await client.logout(signal);
    printLine(terminal, messages.signedOut);
  },
  async switch(argument, context, signal) {
    const { client, terminal, messages } = context;
    const accounts = await client.accounts();
    if (argument === "") {
      for (const { accountName, active } of accounts)
        printLine(terminal, `${active ? "*" : " "} ${accountName}`);
      return;
    }
    const wanted = argument.toLocaleLowerCase();
    const account = accounts.find(({ accountName }) => accountName.toLocaleLowerCase() === wanted);
    if (account === undefined) throw new ToldError("SIGNED_OUT", messages.noSuchAccount(argument));
    await client.signInBy((session) => session.switchTo(account.accountId, signal));
    printLine(terminal, messages.signedInAs(account.accountName));
    await client.engine.resume();
  },
  async send(argument, { ask, terminal, messages }, signal) {
    if (argument === "") printLine(terminal, messages.missingArgument("/send <text>"));
    else await ask(argument, signal);
  },
  async screenshot(_argument, { screen, attach, terminal, messages }, signal) {
    const image = await screen.capture(signal);
    attach(image);
    printLine(terminal, messages.screenshotReady(image.widthPx, image.heightPx));
  },
  async file(argument, { attached, attachFiles, terminal, messages }, signal) {
    const files = attached();
    if (argument === "-") attachFiles([]);
    if (argument === "-" || (argument === "" && files.length === 0))
      return printLine(terminal, messages.noFiles);
    if (argument === "") {
      for (const file of files) printLine(terminal, messages.fileReady(file));
      return;
    }
    const { readDocument } = await import("#engine/node/files/read-document.ts");
    const file = await readDocument(typedPath(argument), signal);
    attachFiles(checkFiles([...files, file]));
    printLine(terminal, messages.fileReady(file));
  },
  async audio(argument, { client, terminal, messages }) {
    if (argument !== "on" && argument !== "off") {
      printLine(terminal, messages.missingArgument("/audio on|off"));
      return;
    }
    client.engine.setSpeak(argument === "on");
    printLine(terminal, argument === "on" ? messages.audioOn : messages.audioOff);
  },
  async model(argument, { client, terminal, messages }, signal) {
    const names = await client.history.models(signal, client.engine.store.getState().chatId);
    if (argument === "") {
      const asked = client.engine.model ?? names[0];
      for (const name of names) printLine(terminal, `${name === asked ? "*" : " "} ${name}`);
    } else if (names.includes(argument)) {
      client.engine.setModel(argument);
      printLine(terminal, messages.modelChosen(argument));
    } else printLine(terminal, messages.noSuchModel(argument));
  },
  async history(_argument, { client, terminal, messages }) {
    const shown = client.engine.store.getState().messages;
    if (shown.length === 0) printLine(terminal, messages.noHistory);
    for (const message of shown) printMessage(message, terminal, messages);
  },
  async search(argument, { client, terminal, messages }, signal) {
    if (argument === "") {
      printLine(terminal, messages.missingArgument("/search <words>"));
      return;
    }
    const hits = await client.history.search(argument, undefined, signal);
    if (hits.length === 0) printLine(terminal, messages.noHits(argument));
    for (const hit of hits.slice(0, SEARCH_LIMIT)) {
      printLine(terminal, paint("bold", oneLine(hit.chatTitle)));
      printLine(terminal, `  ${oneLine(hit.headline)}`);
    }
  },
  ...branchCommands,
  ...chatCommands,
  ...memoryCommands,
  ...queueCommands,
  async quit(_argument, { quit }) {
    quit();
  },
};

/** The sign-in that another program has made since this one has none, as `pipit auth login` in another terminal. */
async function signedInElsewhere({ session }: Client, signal: AbortSignal): Promise<AuthState | undefined> {
  if (session.store.getState().kind === "signed-in") return undefined;
  const state = await session.restore(signal);
  return state.kind === "signed-in" ? state : undefined;
}

/** Runs one slash line ("/search bird"). Failures are told, never thrown: a typo must not end a conversation. */
export async function runSlashCommand(
  line: string,
  context: ReplContext,
  signal: AbortSignal,
): Promise<void> {
  const { name, argument } = readSlashLine(line);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    printNote(context.terminal, context.messages.unknownCommand(name));
    return;
  }
  try {
    await command(argument, context, signal);
  } catch (reason) {
    printNote(context.terminal, paint("red", context.messages.error(PipitError.from(reason))));
  }
}

/** What Tab makes of a line: whole lines that begin with it. */
export async function completeSlashCommand(
  line: string,
  client: Client,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!line.startsWith("/")) return [];
  const [name, argument] = line.slice(1).split(" ", 2);
  const startsWithLine = (candidate: string): boolean => candidate.startsWith(line);
  if (argument === undefined)
    return Object.keys(commands)
      .map((command) => `/${command} `)
      .filter(startsWithLine);
  if (name === "audio") return ["/audio on", "/audio off"].filter(startsWithLine);
  if (name !== "open") return [];
  const chats = await client.history.chats(signal);
  return chats.map(({ id }) => `/open ${id}`).filter(startsWithLine);
}
