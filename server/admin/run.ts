import { Command } from "commander";
import { localeOf } from "#contract/environment.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { adminExit, type AdminGroup, type AdminIo } from "./admin-deps.ts";
import { configured, parse } from "./command-group.ts";
import { readServerConfig, type ConfigInput } from "../config/config.ts";
import { readEnvironmentFile } from "../config/environment-file.ts";
import { systemClock } from "../domain/clock.ts";

/** Groups of commands; only what is called is loaded. */
export const groups: Readonly<Record<string, { readonly description: string; load(): Promise<AdminGroup> }>> =
  {
    users: { description: "accounts", load: async () => (await import("./users.ts")).users },
    clients: { description: "OAuth clients", load: async () => (await import("./clients.ts")).clients },
    keys: {
      description: "the keys that sign tokens",
      load: async () => (await import("./keys.ts")).keys,
    },
    "master-key": {
      description: "the key that seals the secrets in the database",
      load: async () => (await import("./master-key.ts")).masterKey,
    },
    audit: { description: "the audit log", load: async () => (await import("./audit.ts")).audit },
    memory: {
      description: "the files that chats and profiles are kept in",
      load: async () => (await import("./memory.ts")).memory,
    },
    backup: {
      description: "backups of the database",
      load: async () => (await import("./backup.ts")).backup,
    },
    doctor: {
      description: "what of this server works, and what to do about the rest",
      load: async () => (await import("./doctor.ts")).doctor,
    },
    db: { description: "the database", load: async () => (await import("./db.ts")).db },
  };

const help = `
Works on the server's database, also while the server runs. It reads the configuration of "pipit serve": the
environment (PIPIT_DATABASE_URL, PIPIT_REDIS_URL, PIPIT_MASTER_KEY) and config.toml.`;

/** Runs one command line and resolves to its exit code; help and mistakes of the command line are printed already. */
export async function runAdminProgram({ argv, env, entryUrl }: ConfigInput, io: AdminIo): Promise<number> {
  using stop = listenForStop();
  let code: number = adminExit.usage;
  const program = configured(new Command("pipit admin"), { io })
    .description(
      "administers a server's users, clients, keys, master key, audit log, memory files, backups and database",
    )
    .option("--data <dir>", "the server's data; default $PIPIT_HOME/server")
    .option(
      "--env-file <file>",
      "variables of the server, as systemd reads its EnvironmentFile; they win over those here",
    )
    .helpCommand(false)
    .addHelpText("after", help);
  for (const [name, { description, load }] of Object.entries(groups)) {
    program
      .command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async (_flags: unknown, command: Command) => {
        const { data, envFile } = program.opts<{ data?: string; envFile?: string }>();
        const told = envFile === undefined ? undefined : readEnvironmentFile(envFile);
        const settings = { env: { ...env, ...told?.env }, placeOf: told?.placeOf };
        const serverFlags = data === undefined ? [] : ["--data", data];
        const config = readServerConfig({ argv: serverFlags, ...settings, ...(entryUrl && { entryUrl }) });
        const group = await load();
        const open = async (mayMake = false) =>
          (await import("./open-database.ts")).openContext({ config, io }, mayMake);
        code = await group(command.args, {
          io,
          config,
          clock: systemClock,
          locale: localeOf(env),
          signal: stop.signal,
          open,
        });
      });
  }
  return (await parse(program, argv)) ?? code;
}

/** The first SIGINT or SIGTERM stops long work so that nothing of it is kept; a second one has its usual effect. */
function listenForStop(): Disposable & { readonly signal: AbortSignal } {
  const asked = new AbortController();
  const forget = (): void => void process.off("SIGINT", stop).off("SIGTERM", stop);
  const stop = (): void => {
    forget();
    asked.abort(new PipitError("CANCELLED", "Cancelled. What was not finished was not kept."));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return { signal: asked.signal, [Symbol.dispose]: forget };
}
