import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { PipitError } from "#contract/pipit-error.ts";
import { visibleText } from "#contract/terminal-text.ts";
import { version } from "#contract/version.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "./kit/exit-codes.ts";
import type { CommandDeps } from "./kit/open-cli-client.ts";
import type { Terminal } from "./kit/terminal.ts";

/** The process as the client sees it; tests pass their own streams. */
export interface CliProcess extends Omit<Terminal, "colour" | "dumb"> {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs one command line and resolves to its exit code; never throws, never ends the process. */
export async function runCli(args: readonly string[], io: CliProcess): Promise<number> {
  const outcome: { code: number } = { code: exitCodes.done };
  try {
    const program = buildProgram(io, outcome);
    refuseUnknownCommand(program, args);
    await program.parseAsync([...args], { from: "user" });
    return outcome.code;
  } catch (reason) {
    return explain(reason, io);
  }
}

/** The command line; the command that it names leaves its exit code in `outcome`. */
function buildProgram(io: CliProcess, outcome: { code: number }): Command {
  const { stdin, stdout, stderr, env } = io;
  // Loaded by the commands that need it: --help and --version need nothing.
  const readConfig = async () =>
    (await import("./kit/read-config.ts")).readCliConfig(env, stdout.isTTY === true);
  /** Gives a command what all are given, which begins to be opened before its code is loaded. */
  const withDeps =
    <Flags>(load: () => Promise<(flags: Flags, deps: CommandDeps) => Promise<ExitCode>>) =>
    async (flags: Flags): Promise<void> => {
      const config = await readConfig();
      const { startTokenStore } = await import("#engine/node/keychain/token-store.ts");
      const terminal = { stdin, stdout, stderr, colour: config.colour, dumb: config.dumb };
      const deps = { config, terminal, tokenStore: startTokenStore(config) };
      outcome.code = await (await load())(flags, deps);
    };
  const program = new Command("pipit")
    .version(version)
    .description("A small assistant that answers in streamed text and voice.")
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError("Run with --help to see what there is.")
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // It quotes the command line.
      writeErr: (text) => void stderr.write(visibleText(text)),
    });
  program
    .command("chat")
    .description("talk to Pipit; with --once, send one message and print the answer")
    .option(
      "--once <text>",
      "send one message, with standard input if it is no terminal; the answer goes to stdout",
      nonEmpty,
    )
    .addOption(new Option("--continue", "go on with the newest chat").conflicts("chat"))
    .option("--chat <id>", "go on with this chat (/chats lists them)", nonEmpty)
    .option("--json", "print events as JSON lines")
    .addOption(new Option("--no-audio", "text only"))
    .option("--audio-file <file.wav>", "record the speech instead of playing it")
    .addOption(
      new Option("--screenshot", "attach a picture of the screen to the first message").conflicts("image"),
    )
    .option("--model <name>", "ask this model of those that the server lists (/model)", nonEmpty)
    .option("--image <file>", "attach a JPEG, PNG or WebP file to the first message")
    .action(withDeps(async () => (await import("./commands/chat.ts")).chat));
  for (const [name, description] of backendCommands) program.command(name).description(description);
  program
    .command("web")
    .description(
      "print an address that signs a browser in to the running server; it works once, for 10 minutes",
    )
    .option("--json", 'print {"url", "expiresAtMs"}')
    .action(withDeps(async () => (await import("./commands/web.ts")).web));
  program
    .command("toggle")
    .description("show or hide the window of the running app; bind it to a key where hotkeys do not work")
    .action(async () => {
      const { askApp } = await import("#engine/node/processes/app-control.ts");
      await askApp((await readConfig()).home, { command: "toggle" }, new AbortController().signal);
    });
  program
    .command("doctor")
    .description("say what works here, what does not, why, and the cure")
    .option("--json", "print the checks as JSON lines")
    .action(withDeps(async () => (await import("./commands/doctor.ts")).doctor));
  return program;
}

/** Programs of the backend (commands/backend.ts), here for the list that --help prints. */
const backendCommands = [
  ["serve", "run the backend"],
  ["admin", "administer a server: users, clients, keys, audit, db"],
  ["keys", 'list or rotate the keys that sign tokens; short for "admin keys"'],
  ["audit", 'list, verify or export the audit log; short for "admin audit"'],
] as const;

/** `pipit auth --help` would print the help of all commands, as if there were one of this name. */
function refuseUnknownCommand(program: Command, [name]: readonly string[]): void {
  if (name === undefined || name.startsWith("-")) return;
  const known = ["help", ...program.commands.map((command) => command.name())];
  if (!known.includes(name)) program.error(`error: unknown command '${name}'`);
}

function nonEmpty(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("The message is empty.");
  return value;
}

function explain(reason: unknown, io: CliProcess): number {
  if (reason instanceof CommanderError) {
    // Help and version are successes that commander reports as errors; it has printed everything already.
    return reason.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  const error = PipitError.from(reason);
  io.stderr.write(visibleText(`pipit: ${error.message}\n`));
  return exitCodeOf(error);
}
