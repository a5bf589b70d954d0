import { PipitError } from "#contract/pipit-error.ts";
import { roomKey, type ListedRoom } from "#contract/rooms/rooms.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import { waitFor } from "#engine/abort.ts";
import type { Client } from "#engine/node/client.ts";
import type { FollowedRoom } from "#engine/rooms/followed-room.ts";
import type { RoomNews } from "#engine/rooms/room-session.ts";
import { authMessagesFor } from "../auth/auth-messages.ts";
import { authenticate } from "../auth/login.ts";
import { openPrompts } from "../auth/prompts.ts";
import { createLineInput, type LineInput } from "../chat/line-input.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { aborted } from "../kit/interrupt.ts";
import { messagesFor } from "../kit/messages.ts";
import { openCliClient, type CommandDeps } from "../kit/open-cli-client.ts";
import { isSlashLine } from "../kit/slash-line.ts";
import { lineText, paint, printNote, type Span } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { FollowedRooms } from "./followed-rooms.ts";
import { runRoomCommand } from "./room-commands.ts";
import { roomName, showNews, type RoomScreen } from "./room-screen.ts";
import { roomWordsFor } from "./room-words.ts";

/** Whoever leaves waits no longer for a server that does not answer. */
const LEAVE_WITHIN_MS = 1_000;

/** `pipit room [name]`: people chat, until /quit, the end of input, or Ctrl-C. */
export async function chatInRoom({ name }: { readonly name?: string }, deps: CommandDeps): Promise<ExitCode> {
  await using client = await openCliClient(deps);
  return await new RoomRepl(client, deps, name).run();
}

/** What was just written is on its way. */
const SEND_WITHIN_MS = 3_000;

interface OpenRoom {
  readonly room: ListedRoom;
  readonly followed: FollowedRoom;
  /** Number of the oldest message that is shown; undefined before the first, "all" when there are no older ones. */
  oldest: number | "all" | undefined;
}

/** The conversation in a terminal, for its commands. */
export class RoomRepl {
  readonly client: Client;
  readonly screen: RoomScreen;
  readonly interactive: boolean;
  readonly #deps: CommandDeps;
  readonly #leave = new AbortController();
  readonly #wanted: string | undefined;
  #input: LineInput | undefined;
  #open: OpenRoom | undefined;
  /** Of the account that is signed in. */
  #rooms: { readonly followed: FollowedRooms; readonly stop: AbortController } | undefined;
  /** What is to be printed once the questions of a sign-in are over; undefined: there are none. */
  #held: (() => void)[] | undefined;
  /** Goes with the next message. */
  #picture: ScreenImage | undefined;
  #quits = false;
  /** Of a pipe: what became of the last message that was not taken, or command that failed. */
  #outcome: ExitCode = exitCodes.done;

  constructor(client: Client, deps: CommandDeps, name: string | undefined) {
    const { terminal, config } = deps;
    this.client = client;
    this.#deps = deps;
    this.#wanted = name;
    this.interactive = terminal.stdin.isTTY === true;
    this.screen = { terminal, words: roomWordsFor(config.locale), messages: messagesFor(config.locale) };
  }

  get signal(): AbortSignal {
    return this.#leave.signal;
  }

  /** The open room. Throws ToldError when there is none. */
  get here(): OpenRoom {
    if (this.#open !== undefined) return this.#open;
    throw new ToldError("ROOM_NOT_FOUND", this.screen.words.noRoom);
  }

  async run(): Promise<ExitCode> {
    using cleanup = new DisposableStack();
    cleanup.defer(() => this.#input?.[Symbol.dispose]());
    this.#input = this.#openInput();
    try {
      await this.client.link.connect(this.signal);
      const { state } = await this.client.signIn(this.signal);
      if (state.kind === "signed-in") await this.enter(await this.find(this.#wanted));
      else if (this.interactive) this.note("yellow", this.screen.words.notSignedIn);
      else throw new ToldError("SIGNED_OUT", this.screen.messages.signInFirst);
      await this.#converse();
      await this.#deliver();
    } catch (reason) {
      if (!this.signal.aborted) throw reason;
    } finally {
      this.#tellUnsent();
      await this.#tellRead();
      this.#rooms?.stop.abort();
    }
    if (this.signal.aborted) return exitCodeOf(PipitError.from(this.signal.reason));
    if (this.interactive) this.note("dim", this.screen.messages.bye);
    return this.interactive ? exitCodes.done : this.#outcome;
  }

  note(style: "dim" | "yellow" | "red", text: string): void {
    this.print(paint(style, text));
  }

  print(...line: readonly Span[]): void {
    this.above(() => printNote(this.screen.terminal, ...line));
  }

  /** Prints whole lines, above what is being typed. */
  above(print: () => void): void {
    if (this.#held !== undefined) this.#held.push(print);
    else if (this.#input === undefined) print();
    else this.#input.above(print);
  }

  /** The account's room of this name or id; the common one without. Throws ToldError ROOM_NOT_FOUND, USAGE. */
  async find(name: string | undefined): Promise<ListedRoom> {
    const rooms = await this.client.rooms.list(this.signal);
    const wanted = name?.toLocaleLowerCase();
    const [room, ...more] = rooms.filter(({ id, name: own }) =>
      wanted === undefined ? id === undefined : id === name || own.toLocaleLowerCase() === wanted,
    );
    const { words } = this.screen;
    if (room === undefined) throw new ToldError("ROOM_NOT_FOUND", words.noSuchRoom(name ?? ""));
    if (name === undefined || more.length === 0) return room;
    const ids = [room, ...more].map(({ id }) => id).join(", ");
    throw new ToldError("USAGE", words.severalRooms(name, ids));
  }

  /** Opens this room in place of the one that is open; accepts its invitation. What waits in that one is sent nevertheless. */
  async enter(room: ListedRoom): Promise<void> {
    if (!this.interactive) await this.#open?.followed.delivered();
    await this.#tellRead();
    if (room.invited && room.id !== undefined) await this.client.rooms.join(room.id, this.signal);
    const isFirst = this.#rooms === undefined;
    const { followed } = (this.#rooms ??= this.#follow());
    this.#open = undefined;
    this.note("dim", this.screen.words.entered(roomName(room, this.screen.words)));
    this.#open = { room, followed: followed.open(roomKey(room)), oldest: undefined };
    const left = isFirst ? await followed.takeUp() : 0;
    if (left > 0) this.note("dim", this.screen.words.sendingLeft(left));
  }

  /** Keeps the message, and sends it with the picture that was attached. Throws as `FollowedRoom.send`. */
  async say(text: string): Promise<void> {
    const picture = this.#picture;
    this.#picture = undefined;
    try {
      await this.here.followed.send(text, picture);
    } catch (reason) {
      this.#picture ??= picture;
      throw reason;
    }
  }

  get hasPicture(): boolean {
    return this.#picture !== undefined;
  }

  attach(picture: ScreenImage | undefined): void {
    this.#picture = picture;
  }

  close(): void {
    this.#rooms?.followed.close();
    this.#open = undefined;
  }

  quit(): void {
    this.#quits = true;
  }

  /** Asks for a sign-in at the terminal, and opens the room as who that is. */
  async signIn(kind: "login" | "register"): Promise<void> {
    const { terminal, config } = this.#deps;
    const messages = authMessagesFor(config.locale);
    if (!this.interactive) throw new ToldError("USAGE", messages.needsTerminal);
    this.#input?.[Symbol.dispose]();
    this.#input = undefined;
    this.#held = [];
    try {
      using prompts = openPrompts(terminal);
      const signal = AbortSignal.any([this.signal, prompts.signal]);
      const asker = {
        client: this.client,
        terminal,
        messages,
        prompts,
        answers: {},
        signal,
      };
      const before = this.client.session.store.getState();
      if ((await authenticate(kind, {}, asker, before, this.#deps)) !== exitCodes.done) return;
    } finally {
      this.#input = this.#openInput();
      const held = this.#held;
      this.#held = undefined;
      for (const print of held) this.above(print);
    }
    // What an account has written and not sent waits for it.
    this.close();
    this.#rooms?.stop.abort();
    this.#rooms = undefined;
    await this.enter(await this.find(this.#wanted));
  }

  #follow() {
    const state = this.client.session.store.getState();
    if (state.kind !== "signed-in") throw new ToldError("SIGNED_OUT", this.screen.messages.signInFirst);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.signal]);
    const hear = (room: FollowedRoom, news: RoomNews | undefined): void => this.#hear(room, news);
    return { stop, followed: new FollowedRooms(this.client, state.accountId, hear, signal) };
  }

  #openInput(): LineInput {
    const { terminal } = this.screen;
    return createLineInput({
      terminal,
      prompt: lineText(terminal, [paint("cyan", "› ")], true),
      onInterrupt: () => this.#leave.abort(new PipitError("CANCELLED", "Cancelled.")),
    });
  }

  async #converse(): Promise<void> {
    while (!this.#quits && !this.signal.aborted) {
      const line = await Promise.race([this.#input?.next(), aborted(this.signal)]);
      if (line === undefined) return;
      const text = line.trim();
      if (text === "") continue;
      try {
        if (isSlashLine(text)) await runRoomCommand(text, this);
        else await this.say(text);
      } catch (reason) {
        if (this.signal.aborted) return;
        const error = PipitError.from(reason);
        this.#outcome = exitCodeOf(error);
        this.note("red", this.screen.messages.error(error));
      }
    }
  }

  /** A pipe waits for all; a person for what is on its way, since the rest is kept. */
  async #deliver(): Promise<void> {
    const delivered = this.#open?.followed.delivered();
    if (delivered === undefined) return;
    if (!this.interactive) return await delivered;
    await waitFor(delivered, AbortSignal.any([this.signal, AbortSignal.timeout(SEND_WITHIN_MS)])).catch(
      () => undefined,
    );
  }

  #hear(room: FollowedRoom, news: RoomNews | undefined): void {
    if (news !== undefined) return this.#show(news);
    const { link, failure } = room.view.opened;
    if (link === "ended" && failure !== undefined && this.#open !== undefined)
      this.#lose(new PipitError(failure.code, failure.message));
  }

  #show(news: RoomNews): void {
    if (news.kind === "refused") this.#outcome = exitCodeOf(news.error);
    if (news.kind === "history" && this.#open !== undefined)
      this.#open.oldest = news.older ? news.messages[0]?.seq : "all";
    this.above(() => showNews(news, this.screen));
    // Whoever reads what a pipe prints, if anybody does, does it later.
    if (this.interactive) this.#open?.followed.markRead();
  }

  /** The room cannot be followed any more. A pipe has nobody who would go elsewhere. */
  #lose(error: PipitError): void {
    this.note("red", this.screen.messages.error(error));
    this.#tellUnsent();
    this.close();
    if (!this.interactive) this.#leave.abort(error);
  }

  /** Before the room is left. It does not matter much, so nobody waits long for it. */
  async #tellRead(): Promise<void> {
    const within = AbortSignal.timeout(LEAVE_WITHIN_MS);
    await this.#open?.followed.flushRead(within).catch(() => undefined);
  }

  #tellUnsent(): void {
    const count = this.#rooms?.followed.unsent ?? 0;
    if (count > 0) this.note("yellow", this.screen.words.unsent(count));
  }
}
