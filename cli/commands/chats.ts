import { InvalidArgumentError, Option, type Command } from "commander";
import type { HelpMessages } from "../kit/help-messages.ts";
import type { ExportFlags } from "../chats/export.ts";
import type { WithDeps } from "./auth.ts";

const look = async () => await import("../chats/look.ts");
const change = async () => await import("../chats/change.ts");

/** Adds the commands of `pipit chats`, whose code is loaded when one runs. */
export function addChatsCommands(
  group: Command,
  help: HelpMessages["chats"],
  { json }: HelpMessages["auth"],
  withDeps: WithDeps,
): void {
  group.description(help.about);
  group
    .command("list")
    .description(help.list)
    .option("--archived", help.archived)
    .option("--limit <n>", help.limit, wholeNumber)
    .option("--json", json)
    .action(withDeps(async () => (await look()).list));
  const ofOne = (name: OfOne, run: (flags: { readonly id: string }) => Promise<void>): Command =>
    group
      .command(name)
      .argument("<id>", help.id)
      .description(help[name])
      .option("--json", json)
      .action((id: string, flags: object) => run({ ...flags, id }));
  ofOne(
    "show",
    withDeps(async () => (await look()).show),
  );
  const search = withDeps(async () => (await look()).search);
  group
    .command("search")
    .argument("<words...>", help.words)
    .description(help.search)
    .option("--chat <id>", help.inChat)
    .option("--json", json)
    .action((words: readonly string[], flags: object) => search({ ...flags, words }));
  const rename = withDeps(async () => (await change()).rename);
  group
    .command("rename")
    .argument("<id>", help.id)
    .argument("<title...>", help.title)
    .description(help.rename)
    .option("--json", json)
    .action((id: string, title: readonly string[], flags: object) => rename({ ...flags, id, title }));
  ofOne(
    "pin",
    withDeps(async () => (await change()).pin),
  );
  ofOne(
    "unpin",
    withDeps(async () => (await change()).unpin),
  );
  ofOne(
    "archive",
    withDeps(async () => (await change()).archive),
  );
  ofOne(
    "unarchive",
    withDeps(async () => (await change()).unarchive),
  );
  ofOne(
    "delete",
    withDeps(async () => (await change()).remove),
  );
  ofOne(
    "restore",
    withDeps(async () => (await change()).restore),
  );
  addFileCommands(group, help, json, withDeps);
}

function addFileCommands(
  group: Command,
  help: HelpMessages["chats"],
  json: string,
  withDeps: WithDeps,
): void {
  const exportChats = withDeps(async () => (await import("../chats/export.ts")).exportChats);
  group
    .command("export")
    .argument("[id]", help.id)
    .description(help.export)
    .addOption(new Option("--format <format>", help.format).choices(["json", "markdown"]).default("json"))
    .option("-o, --output <file>", help.output)
    .action((id: string | undefined, flags: ExportFlags) => exportChats({ ...flags, ...(id && { id }) }));
  const importChats = withDeps(async () => (await import("../chats/import.ts")).importChats);
  group
    .command("import")
    .argument("<file>", help.importFile)
    .description(help.import)
    .option("--again", help.again)
    .option("--json", json)
    .action((file: string, flags: object) => importChats({ ...flags, file }));
}

type OfOne = "show" | "pin" | "unpin" | "archive" | "unarchive" | "delete" | "restore";

function wholeNumber(value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be a whole number from 1 to 999999.");
}
