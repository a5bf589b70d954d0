import type { Command } from "commander";
import type { HelpMessages } from "../kit/help-messages.ts";
import type { WithDeps } from "./auth.ts";

/** Adds the commands of `pipit events`, whose code is loaded when one runs. */
export function addEventsCommands(
  group: Command,
  help: HelpMessages["events"],
  { json }: HelpMessages["auth"],
  withDeps: WithDeps,
): void {
  group.description(help.about);
  const push = withDeps(async () => (await import("../events/events.ts")).push);
  group
    .command("push")
    .argument("[file]", help.file)
    .description(help.push)
    .option("--json", json)
    .action((file: string | undefined, flags: object) =>
      push(file === undefined ? flags : { ...flags, file }),
    );
  group
    .command("status")
    .description(help.status)
    .option("--json", json)
    .action(withDeps(async () => (await import("../events/events.ts")).status));
}
