import { hasLeft } from "#contract/auth-state.ts";
import { oneLine } from "#contract/texts/one-line.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AttachedFile } from "#contract/attached-file.ts";
import type { Logger } from "#contract/logger.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Screen } from "#engine/ports.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { aborted } from "../kit/interrupt.ts";
import { signedOutError } from "../kit/open-cli-client.ts";
import { isSlashLine } from "../kit/slash-line.ts";
import { lineText, paint, printLine, printNote } from "../kit/terminal.ts";
import { watchAnswers } from "./answer-watch.ts";
import { createLineInput, type LineInput } from "./line-input.ts";
import { exitCodeOfQuestion, keptText, settle, statusesBefore } from "./outcome.ts";
import { followAccount } from "./follow-account.ts";
import { tellDatabaseSetAside, tellTokenPlace, type ChatContext } from "./announcements.ts";
import { openChosenChat } from "./chat-commands.ts";
import { completeSlashCommand, runSlashCommand, type ReplContext } from "./slash-commands.ts";

type ReplOptions = ChatContext & { readonly screen: Screen; readonly logger: Logger };

/** `pipit chat`: asks, answers, until /quit, the end of input, or Ctrl-C twice. */
export async function runRepl(options: ReplOptions): Promise<ExitCode> {
  const repl = new Repl(options);
  return repl.run();
}

/** Two Ctrl-C within this time leave even while an answer is being stopped. */
const DOUBLE_INTERRUPT_MS = 2000;

class Repl {
  readonly #options: ReplOptions;
  readonly #leave = new AbortController();
  readonly #interactive: boolean;
  #image: ScreenImage | undefined;
  #files: readonly AttachedFile[];
  #busy = false;
  #above: LineInput["above"] = (print) => print();
  /** What waits until the answer that is being given stands whole. */
  readonly #later: (() => void)[] = [];
  #lastInterruptMs = -Infinity;
  /** The last message's outcome; a pipe's exit code. */
  #outcome: ExitCode = exitCodes.done;

  constructor(options: ReplOptions) {
    this.#options = options;
    this.#image = options.image;
    this.#files = options.files;
    this.#interactive = options.terminal.stdin.isTTY === true;
  }

  async run(): Promise<ExitCode> {
    const { client, terminal, messages } = this.#options;
    using input = createLineInput({
      terminal,
      prompt: lineText(terminal, [paint("cyan", "› ")], true),
      onInterrupt: () => this.#interrupt(),
      complete: (line) => completeSlashCommand(line, client, this.#leave.signal),
    });
    this.#above = input.above;
    using watches = new DisposableStack();
    watches.use(watchAnswers(client.engine, input, terminal, messages));
    watches.defer(this.#tellEndOfSignIn());
    await this.#greet();
    // A pipe is over before there is anything to tell.
    if (this.#interactive) this.#follow();
    if (this.#options.chat !== undefined) {
      const opened = await openChosenChat(this.#options.chat, this.#options, this.#leave.signal);
      printNote(terminal, paint("dim", opened));
    }
    await this.#converse(input);
    // A pipe has no one to press a key: let the voice finish.
    if (!this.#interactive) await client.engine.spoken(this.#leave.signal).catch(() => undefined);
    if (this.#leave.signal.aborted) return exitCodes.interrupted;
    if (this.#interactive) printLine(terminal, messages.bye);
    return this.#interactive ? exitCodes.done : this.#outcome;
  }

  /** Of a sign-in that was ended elsewhere; a question that finds that out says it by itself. */
  #tellEndOfSignIn(): () => void {
    const { client, terminal, messages } = this.#options;
    return client.session.store.subscribe((state, before) => {
      const ended = state.kind === "signed-out" && state.reason !== "logout";
      if (!ended || before.kind !== "signed-in" || this.#busy) return;
      const told = hasLeft(state) ? messages.accountClosed : messages.signInEnded;
      this.#above(() => printNote(terminal, paint("yellow", told)));
    });
  }

  #follow(): void {
    const above = (print: () => void): void => {
      if (this.#busy) this.#later.push(print);
      else this.#above(print);
    };
    followAccount({ ...this.#options, above, signal: this.#leave.signal });
  }

  async #greet(): Promise<void> {
    const { client, terminal, messages } = this.#options;
    try {
      const { state, fresh } = await client.signIn(this.#leave.signal);
      if (fresh) tellTokenPlace(client, terminal, messages);
      if (this.#interactive) {
        const server = await client.link.connect(this.#leave.signal);
        if (server.started) printNote(terminal, paint("dim", messages.startedServer));
        printNote(terminal, paint("dim", messages.welcome(server.httpUrl)));
      }
      await tellDatabaseSetAside(client, terminal, messages, this.#leave.signal);
      if (state.kind === "signed-in") await this.#resume();
      else throw await signedOutError(client, messages, this.#leave.signal);
    } catch (reason) {
      if (this.#leave.signal.aborted) return;
      printNote(terminal, paint("yellow", messages.error(PipitError.from(reason))));
    }
  }

  /** Sends what an earlier run could not. */
  async #resume(): Promise<void> {
    const { client, terminal, messages } = this.#options;
    const unanswered = await client.unanswered();
    const rows = unanswered.filter(({ state }) => state.kind === "waiting");
    const parked = unanswered.filter(({ state }) => state.kind === "parked").length;
    if (parked > 0) printNote(terminal, paint("yellow", messages.parked(parked)));
    if (unanswered.length === 0) return;
    if (rows.length > 0) printNote(terminal, paint("dim", messages.waiting(rows.length)));
    for (const { text } of rows) printNote(terminal, paint("dim", `  ${oneLine(text).slice(0, 100)}`));
    await client.engine.resume();
    await this.#settle(client.engine.idle());
  }

  async #converse(input: LineInput): Promise<void> {
    const { client } = this.#options;
    const quit = new AbortController();
    const context: ReplContext = {
      ...this.#options,
      forgetLine: () => input.forgetLast(),
      attach: (image) => {
        this.#image = image;
      },
      attached: () => this.#files,
      attachFiles: (files) => {
        this.#files = files;
      },
      ask: (text) => this.#ask(text),
      answers: () => this.#settle(client.engine.idle()),
      quit: () => quit.abort(),
    };
    while (!quit.signal.aborted && !this.#leave.signal.aborted) {
      const line = await Promise.race([input.next(), aborted(this.#leave.signal)]);
      if (line === undefined) return;
      // Who asks on does not want to leave.
      this.#lastInterruptMs = -Infinity;
      const text = line.trim();
      if (text === "") continue;
      if (isSlashLine(text)) await runSlashCommand(text, context, this.#leave.signal);
      else await this.#ask(text);
    }
  }

  async #ask(text: string): Promise<void> {
    const { client, terminal, messages } = this.#options;
    try {
      const id = await client.engine.send({
        text,
        files: this.#files,
        ...(this.#image === undefined ? {} : { image: this.#image }),
      });
      this.#image = undefined;
      this.#files = [];
      const question = await this.#settle(settle(client, id, this.#leave.signal));
      this.#outcome = exitCodeOfQuestion(question);
      const status = question?.status;
      if (status?.kind === "queued") {
        if (status.reason !== undefined) printNote(terminal, paint("yellow", messages.error(status.reason)));
        printNote(terminal, paint("yellow", keptText(status, messages, statusesBefore(client.engine, id))));
      }
    } catch (reason) {
      const told = PipitError.from(reason);
      const error =
        told.code === "SIGNED_OUT" ? await signedOutError(client, messages, this.#leave.signal) : told;
      printNote(terminal, paint("red", messages.error(error)));
      this.#outcome = exitCodeOf(error);
    }
    if (this.#interactive) printLine(terminal);
  }

  async #settle<T>(work: Promise<T>): Promise<T | undefined> {
    this.#busy = true;
    try {
      return await Promise.race([work, aborted(this.#leave.signal)]);
    } finally {
      this.#busy = false;
      for (const print of this.#later.splice(0)) this.#above(print);
    }
  }

  #interrupt(): void {
    const { client, terminal, messages } = this.#options;
    const nowMs = performance.now();
    const again = nowMs - this.#lastInterruptMs < DOUBLE_INTERRUPT_MS;
    this.#lastInterruptMs = nowMs;
    if (again || !this.#interactive) {
      this.#leave.abort();
      void client.engine.cancel();
      return;
    }
    const wasBusy = this.#busy;
    void client.engine.cancel();
    if (wasBusy) return;
    const isWaiting = client.engine.store.getState().queuedCount > 0;
    this.#above(() => {
      if (isWaiting) printNote(terminal, paint("dim", messages.queueHelp));
      printNote(terminal, paint("dim", messages.ctrlCAgain));
    });
  }
}
