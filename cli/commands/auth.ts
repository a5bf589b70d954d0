import { Option, type Command } from "commander";
import type { HelpMessages } from "../kit/help-messages.ts";
import type { ExitCode } from "../kit/exit-codes.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";

/** Runs a command with what all are given. */
export type WithDeps = <Flags>(
  load: () => Promise<(flags: Flags, deps: CommandDeps) => Promise<ExitCode>>,
) => (flags: Flags & { readonly server?: string }) => Promise<void>;

/** Adds the commands of `pipit api-keys`. */
export function addApiKeyCommands(
  group: Command,
  help: HelpMessages["apiKeys"],
  { json }: HelpMessages["auth"],
  withDeps: WithDeps,
): void {
  group.description(help.about);
  group
    .command("list")
    .description(help.list)
    .option("--json", json)
    .action(withDeps(async () => (await import("./api-keys.ts")).list));
  const create = withDeps(async () => (await import("./api-keys.ts")).create);
  group
    .command("create")
    .argument("<name>", help.keyName)
    .description(help.create)
    .option("--scope <scopes>", help.scope)
    .option("--days <days>", help.days, Number)
    .option("--json", json)
    .action((name: string, flags: object) => create({ ...flags, name }));
  const revoke = withDeps(async () => (await import("./api-keys.ts")).revoke);
  group
    .command("revoke")
    .argument("<id>", help.id)
    .description(help.revoke)
    .action((id: string) => revoke({ id }));
}

/** Adds the commands of `pipit auth`, whose code is loaded when one runs. */
export function addAuthCommands(auth: Command, help: HelpMessages["auth"], withDeps: WithDeps): void {
  auth.description(help.about);
  const server = () => new Option("--server <url>", help.server);
  const signingIn = (command: Command, username: string): Command =>
    command
      .option("-u, --username <name>", username)
      .option("--password-stdin", help.passwordStdin)
      // Taken only to be refused with the cure.
      .addOption(new Option("-p, --password [password]").hideHelp())
      .addOption(server());
  signingIn(auth.command("register").description(help.register), help.newUsername)
    .option("--display-name <name>", help.displayName)
    .action(withDeps(async () => (await import("../auth/login.ts")).register));
  signingIn(auth.command("login").description(help.login), help.username)
    .addOption(new Option("--browser", help.browser).conflicts(["device", "username", "passwordStdin"]))
    .addOption(new Option("--device", help.device).conflicts(["username", "passwordStdin"]))
    .option("-f, --force", help.force)
    .action(withDeps(async () => (await import("../auth/login.ts")).login));
  auth
    .command("logout")
    .argument("[name]", help.name)
    .description(help.logout)
    .addOption(server())
    .action(withName(withDeps(async () => (await import("../auth/accounts.ts")).logout)));
  auth
    .command("status")
    .description(help.status)
    .option("--json", help.json)
    .addOption(server())
    .action(withDeps(async () => (await import("../auth/accounts.ts")).status));
  auth
    .command("switch")
    .argument("[name]", help.name)
    .description(help.switch)
    .addOption(server())
    .action(withName(withDeps(async () => (await import("../auth/accounts.ts")).switchAccount)));
  auth
    .command("token")
    .description(help.token)
    .option("--show", help.show)
    .addOption(server())
    .action(withDeps(async () => (await import("../auth/accounts.ts")).token));
}

function withName<Flags>(run: (flags: Flags & { readonly name?: string }) => Promise<void>) {
  return (name: string | undefined, flags: Flags): Promise<void> =>
    run({ ...flags, ...(name === undefined ? {} : { name }) });
}
