import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { PipitError } from "#contract/pipit-error.ts";
import { nearestName } from "#contract/names/setting-names.ts";
import { visibleText } from "#contract/terminal-text.ts";
import { buildId } from "#contract/build/build-id.ts";
import { addApiKeyCommands, addAuthCommands, type WithDeps } from "./commands/auth.ts";
import { addChatsCommands } from "./commands/chats.ts";
import { addEventsCommands } from "./commands/events.ts";
import { addMemoriesCommands } from "./commands/memories.ts";
import { englishHelp, russianHelp, type HelpMessages } from "./kit/help-messages.ts";
import { localeOf } from "#contract/environment.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "./kit/exit-codes.ts";
import type { CommandDeps } from "./kit/open-cli-client.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import type { CliConfig } from "./kit/read-config.ts";
import type { Terminal } from "./kit/terminal.ts";

/** The process as the client sees it; tests pass their own streams. */
export interface CliProcess extends Omit<Terminal, "colour" | "dumb"> {
  /** Default: helpers are run by the Node that runs this program. */
  readonly launcher?: ChildLauncher | undefined;
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
    return await explain(reason, io);
  }
}

/** The command line; the command that it names leaves its exit code in `outcome`. */
export function buildProgram(io: CliProcess, outcome: { code: number }): Command {
  const { stdout, stderr, env } = io;
  const readConfig = (server?: string) => openConfig(program, io, server);
  const depsAt = async (server?: string): Promise<CommandDeps> => {
    const config = await readConfig(server);
    return { config, ...(await openDeps(config, io)), at: depsAt };
  };
  /** Gives a command what all are given, which begins to be opened before its code is loaded. */
  const withDeps =
    <Flags>(load: () => Promise<(flags: Flags, deps: CommandDeps) => Promise<ExitCode>>) =>
    async (flags: Flags & { readonly server?: string }): Promise<void> => {
      const deps = await depsAt(flags.server);
      outcome.code = await (await load())(flags, deps);
    };
  const help = localeOf(env).startsWith("ru") ? russianHelp : englishHelp;
  const program = new Command("pipit")
    .version(buildId, "-V, --version", help.version)
    .description(help.about)
    .usage(help.usageOfAll)
    .option("--ca-file <file>", help.caFile)
    .helpOption("-h, --help", help.help)
    .helpCommand("help [command]", help.helpCommand)
    .configureHelp({
      styleTitle: (title) => help.titles[title] ?? title,
      styleSubcommandTerm: (term) => term.replace(englishHelp.usageOfOne, help.usageOfOne),
    })
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError(help.seeHelp)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // It quotes the command line.
      writeErr: (text) => void stderr.write(visibleText(text)),
      outputError: (text, write) => write(parserText(text, help)),
    });
  addChatOptions(program.command("chat").description(help.chat), help).action(
    withDeps(async () => (await import("./commands/chat.ts")).chat),
  );
  for (const name of backendCommands) program.command(name).description(help[name]);
  program
    .command("web")
    .description(help.web)
    .option("--json", help.webJson)
    .action(withDeps(async () => (await import("./commands/web.ts")).web));
  program
    .command("toggle")
    .description(help.toggle)
    .action(async () => {
      const { askApp } = await import("#engine/node/processes/app-control.ts");
      await askApp((await readConfig()).home, { command: "toggle" }, new AbortController().signal);
    });
  program
    .command("doctor")
    .description(help.doctor)
    .option("--json", help.doctorJson)
    .action(withDeps(async () => (await import("./commands/doctor.ts")).doctor));
  program
    .command("usage")
    .description(help.usage.about)
    .addOption(new Option("--by <kind>", help.usage.by).choices(["day", "model", "chat"]))
    .option("--from <day>", help.usage.from)
    .option("--to <day>", help.usage.to)
    .option("--json", help.auth.json)
    .action(withDeps(async () => (await import("./commands/usage.ts")).usage));
  for (const command of program.commands) command.usage(help.usageOfOne);
  addGroups(program, help, withDeps);
  return program;
}

/** Adds the commands that have commands of their own. */
function addGroups(program: Command, help: HelpMessages, withDeps: WithDeps): void {
  const auth = program.command("auth").usage(help.usageOfAll);
  addAuthCommands(auth, help.auth, withDeps);
  for (const command of auth.commands)
    command.usage(command.registeredArguments.length > 0 ? `${help.usageOfOne} [name]` : help.usageOfOne);
  const room = withDeps(async () => (await import("./room/room-repl.ts")).chatInRoom);
  program
    .command("room")
    .usage(`${help.usageOfOne} [name]`)
    .argument("[name]", help.roomName)
    .description(help.room)
    .action((name?: string) => room(name === undefined ? {} : { name }));
  const keys = program.command("api-keys").usage(help.usageOfAll);
  addApiKeyCommands(keys, help.apiKeys, help.auth, withDeps);
  const chats = program.command("chats").usage(help.usageOfAll);
  addChatsCommands(chats, help.chats, help.auth, withDeps);
  const memories = program.command("memories").usage(help.usageOfAll);
  addMemoriesCommands(memories, help.memories, help.auth, withDeps);
  const events = program.command("events").usage(help.usageOfAll);
  addEventsCommands(events, help.events, help.auth, withDeps);
  for (const command of [...keys.commands, ...chats.commands, ...memories.commands, ...events.commands]) {
    const operands = command.registeredArguments.map((one) =>
      one.required ? ` <${one.name()}>` : ` [${one.name()}]`,
    );
    command.usage(help.usageOfOne + operands.join(""));
  }
}

function addChatOptions(chat: Command, help: HelpMessages): Command {
  return chat
    .option("--once <text>", help.once, nonEmpty)
    .addOption(new Option("--save", help.save).conflicts(["continue", "chat"]))
    .addOption(new Option("--continue", help.continue).conflicts("chat"))
    .option("--chat <id>", help.chatId, nonEmpty)
    .option("--json", help.json)
    .addOption(new Option("--no-audio", help.noAudio))
    .option("--audio-file <file.wav>", help.audioFile)
    .addOption(
      new Option("--screenshot [area]", help.screenshot)
        .choices(["screen", "region", "window"])
        .conflicts("image"),
    )
    .option("--model <name>", help.model, nonEmpty)
    .option("--image <file>", help.image)
    .option("--file <file>", help.file, (path, paths: readonly string[] = []) => [...paths, path]);
}

/** Loaded by the commands that need it: --help and --version need nothing. */
async function openConfig(
  program: Command,
  { env, stdout }: CliProcess,
  server?: string,
): Promise<CliConfig> {
  const { readCliConfig } = await import("./kit/read-config.ts");
  const config = readCliConfig(env, stdout.isTTY === true, server);
  const caFile: string | undefined = program.getOptionValue("caFile") ?? config.caFile;
  if (caFile !== undefined) {
    const { trustAuthoritiesOf } = await import("#engine/node/http/trusted-authorities.ts");
    trustAuthoritiesOf(caFile);
  }
  return config;
}

async function openDeps(config: CliConfig, { stdin, stdout, stderr, env, launcher }: CliProcess) {
  const { startTokenStore } = await import("#engine/node/keychain/token-store.ts");
  const tokenStore = startTokenStore(config, "terminal", {
    launcher,
    environment: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    onWaiting: (waiting) => void (waiting && tellWaiting(stderr, env)),
  });
  return {
    terminal: { stdin, stdout, stderr, colour: config.colour, dumb: config.dumb },
    tokenStore,
    launcher,
  };
}

/** A command that is further from what was typed is no guess at what was meant. */
const MAX_COMMAND_SLIPS = 2;

/** Programs of the backend (commands/backend.ts), here for the list that --help prints. */
const backendCommands = ["serve", "admin", "keys", "audit", "memory"] as const;

/** `pipit bogus --help` would print the help of all commands, as if there were one of this name. */
function refuseUnknownCommand(program: Command, [name]: readonly string[]): void {
  if (name === undefined || name.startsWith("-")) return;
  const known = ["help", ...program.commands.map((command) => command.name())];
  if (known.includes(name)) return;
  const meant = nearestName(name, known, MAX_COMMAND_SLIPS);
  program.error(`error: unknown command '${name}'${meant === undefined ? "" : `\n(Did you mean ${meant}?)`}`);
}

function nonEmpty(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("The message is empty.");
  return value;
}

/** What the parser of the command line says, in the person's language. */
function parserText(text: string, { parser }: HelpMessages): string {
  return parser.reduce((told, [english, own]) => told.replace(english, own), text);
}

/** On standard error, so that --json stays what it is. */
async function tellWaiting(stderr: CliProcess["stderr"], env: CliProcess["env"]): Promise<void> {
  const { messagesFor } = await import("./kit/messages.ts");
  stderr.write(`pipit: ${messagesFor(localeOf(env)).keychainWaits}\n`);
}

async function explain(reason: unknown, io: CliProcess): Promise<number> {
  if (reason instanceof CommanderError) {
    // Help and version are successes that commander reports as errors; it has printed everything already.
    return reason.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  const error = PipitError.from(reason);
  // Loaded by what fails: --help and --version need nothing.
  const { messagesFor } = await import("./kit/messages.ts");
  const messages = messagesFor(localeOf(io.env));
  io.stderr.write(visibleText(`pipit: ${messages.error(error)}\n`));
  return exitCodeOf(error);
}
