import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Clock } from "#contract/clock.ts";
import { visibleText } from "#contract/terminal-text.ts";
import type { AdminContext } from "../compose/admin-context.ts";
import { adminExit, type AdminDeps } from "./admin-deps.ts";

/** What a command's work resolves to: a text to print, or an exit code; nothing means done. */
type Outcome = string | number | void;

/** The commands of one group while they are put together and run. */
export function createCommandGroup(name: string, description: string, deps: AdminDeps) {
  const commands = configured(new Command(`pipit admin ${name}`).description(description), deps);
  let code: number = adminExit.done;
  /** commander gives what the usage and the options say, checked. */
  const command = (usage: string, about: string, run: (args: never) => Promise<void>): Command =>
    commands
      .command(usage)
      .description(about)
      .action((...args: unknown[]) => run(args as never));
  const finish = (outcome: Outcome): void => {
    if (typeof outcome === "string") deps.io.stdout.write(outcome);
    code = typeof outcome === "number" ? outcome : adminExit.done;
  };
  const adder =
    (mayMake: boolean) =>
    <Args extends readonly unknown[]>(
      usage: string,
      about: string,
      work: (context: AdminContext, ...args: Args) => Promise<Outcome>,
    ): Command =>
      command(usage, about, async (args: Args) => {
        await using context = await deps.open(mayMake);
        finish(await work(context, ...args));
      });
  return {
    /** Adds a command, whose work gets the open database, its arguments and its flags; options are for the caller to add. */
    add: adder(false),
    /** The same for what an operator does before the first start of a server as well, which makes the database then. */
    addFirst: adder(true),
    /** The same for work that opens what it needs by itself. */
    addPlain: <Args extends readonly unknown[]>(
      usage: string,
      about: string,
      work: (...args: Args) => Promise<Outcome>,
    ): Command => command(usage, about, async (args: Args) => finish(await work(...args))),
    /** Parses and runs one command line; help and its mistakes are printed already. */
    run: async (args: readonly string[]): Promise<number> => (await parse(commands, args)) ?? code,
  };
}

export type CommandGroup = ReturnType<typeof createCommandGroup>;

/** Lets a command print to the program's own streams, and end as we say. */
export function configured(command: Command, { io }: Pick<AdminDeps, "io">): Command {
  return command
    .exitOverride()
    .showHelpAfterError("Run with --help to see what there is.")
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(visibleText(text)),
    });
}

/** Resolves to an exit code when the command line was not run: it asked for help, or it was wrong. */
export async function parse(command: Command, args: readonly string[]): Promise<number | undefined> {
  try {
    await command.parseAsync([...args], { from: "user" });
    return undefined;
  } catch (reason) {
    if (!(reason instanceof CommanderError)) throw reason;
    // commander reports help, which is a success, as an error too.
    return reason.exitCode === 0 ? adminExit.done : adminExit.usage;
  }
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** @example .option("--limit <n>", "...", wholeNumber(1, 1000)) */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a day or a moment, e.g. "2026-11-26" or "2026-11-26T14:00:00Z", or how long ago it was, "90m", "24h" or "7d", as
 * epoch milliseconds.
 */
export function moment(clock: Clock): (value: string) => number {
  return (value) => {
    const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
    if (count !== undefined) return clock.nowMs() - Number(count) * (unitsMs[unit] ?? 0);
    const isDate = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(value);
    const atMs = isDate ? Date.parse(value) : Number.NaN;
    if (Number.isFinite(atMs)) return atMs;
    throw new InvalidArgumentError(
      "It must be a day or a moment like 2026-11-26T14:00:00Z, or 90m, 24h, 7d ago.",
    );
  };
}
