import type { Command } from "commander";
import type { HelpMessages } from "../kit/help-messages.ts";
import type { WithDeps } from "./auth.ts";

const code = async () => await import("../memories/memories.ts");

/** Adds the commands of `pipit memories`, whose code is loaded when one runs. */
export function addMemoriesCommands(
  group: Command,
  help: HelpMessages["memories"],
  { json }: HelpMessages["auth"],
  withDeps: WithDeps,
): void {
  group.description(help.about);
  const named = (name: Name): Command => group.command(name).description(help[name]);
  named("list")
    .option("--json", json)
    .action(withDeps(async () => (await code()).list));
  const add = withDeps(async () => (await code()).add);
  named("add")
    .argument("<text...>", help.text)
    .option("--json", json)
    .action((text: readonly string[], flags: object) => add({ ...flags, text }));
  const edit = withDeps(async () => (await code()).edit);
  named("edit")
    .argument("<id>", help.id)
    .argument("<text...>", help.text)
    .option("--json", json)
    .action((id: string, text: readonly string[], flags: object) => edit({ ...flags, id, text }));
  for (const name of ["show", "forget", "restore"] as const) {
    const run = withDeps(async () => (await code())[name]);
    named(name)
      .argument("<id>", help.id)
      .option("--json", json)
      .action((id: string, flags: object) => run({ ...flags, id }));
  }
  for (const name of ["on", "off"] as const) named(name).action(withDeps(async () => (await code())[name]));
}

type Name = "list" | "show" | "add" | "edit" | "forget" | "restore" | "on" | "off";
