import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Clock } from "#contract/clock.ts";
import type { AdminContext } from "../compose/admin-context.ts";
import { adminExit, type AdminDeps } from "./admin-deps.ts";

/** The commands of one group while they are put together and run. */
export interface CommandGroup {
  readonly commands: Command;
  /** Runs an action's work and keeps its exit code; nothing means done. */
  exitWith(work: () => Promise<number | void>): Promise<void>;
  /** The same with the database open. */
  withContext(work: (context: AdminContext) => Promise<number | void>): Promise<void>;
  /** Parses and runs one command line; help and its mistakes are printed already. */
  run(args: readonly string[]): Promise<number>;
}

export function createCommandGroup(name: string, description: string, deps: AdminDeps): CommandGroup {
  const commands = configured(new Command(`pipit admin ${name}`).description(description), deps);
  let code: number = adminExit.done;
  const exitWith: CommandGroup["exitWith"] = async (work) => {
    code = (await work()) ?? adminExit.done;
  };
  return {
    commands,
    exitWith,
    withContext: (work) =>
      exitWith(async () => {
        await using context = await deps.open();
        return await work(context);
      }),
    async run(args) {
      const parsed = await parse(commands, args);
      return parsed ?? code;
    },
  };
}

/** Lets a command print to the program's own streams, and end as we say. */
export function configured(command: Command, { io }: Pick<AdminDeps, "io">): Command {
  return command
    .exitOverride()
    .showHelpAfterError("Run with --help to see what there is.")
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
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
