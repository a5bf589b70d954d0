import { resolve } from "node:path";
import { Command } from "commander";
import { jsonLine, visible } from "#contract/terminal-text.ts";
import { lookAtCertificate, lookAtGrpc, lookAtPublicUrl, lookAtServer } from "../doctor/address-checks.ts";
import { lookAtModel, lookAtSpeech } from "../doctor/answer-checks.ts";
import { checkPart, type Check, type DoctorContext } from "../doctor/check.ts";
import { doctorMessagesFor, parts, type DoctorMessages } from "../doctor/doctor-messages.ts";
import { lookAtBackups, lookAtDisks, lookAtRedis } from "../doctor/machine-checks.ts";
import { lookAtStore } from "../doctor/store-checks.ts";
import { adminExit, type AdminDeps, type AdminGroup } from "./admin-deps.ts";
import { configured, parse } from "./command-group.ts";

/** The log is silent: each check says in one line what a log would say in several. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

interface DoctorFlags {
  readonly json?: boolean;
  readonly backups?: string;
  /** Data folders. */
  readonly server: readonly string[];
}

/** `pipit admin doctor`: a line for each part of the server, whether or not it runs; 1 when one of them fails. */
export const doctor: AdminGroup = async (args, deps) => {
  let code: number = adminExit.done;
  const command = configured(new Command("pipit admin doctor"), deps)
    .description("looks at everything that this server needs, and says what to do about it; changes nothing")
    .option(
      "--backups <dir>",
      "the folder of its backups, to look how old the newest one is and what room is left",
    )
    .option(
      "--server <dir>",
      "the data folder of another server on this machine, to look whether that one runs; may be repeated",
      (dir: string, before: readonly string[]) => [...before, resolve(dir)],
      [],
    )
    .option("--json", "print JSON lines")
    .action(async (flags: DoctorFlags) => {
      code = await run(flags, deps);
    });
  return (await parse(command, args)) ?? code;
};

async function run(flags: DoctorFlags, { config, clock, signal, io, locale }: AdminDeps): Promise<number> {
  const messages = doctorMessagesFor(locale);
  const backups = flags.backups === undefined ? undefined : resolve(flags.backups);
  const checks = await checkAll({ config, clock, messages, backups, signal }, flags.server);
  for (const check of checks)
    io.stdout.write(flags.json === true ? jsonLine(check) : lineOf(check, messages));
  return checks.some(({ state }) => state === "fail") ? adminExit.failed : adminExit.done;
}

async function checkAll(context: DoctorContext, servers: readonly string[]): Promise<readonly Check[]> {
  // What needs no database goes on beside it.
  const beside = Promise.all([
    checkPart(context, "redis", () => lookAtRedis(context, silent)),
    checkPart(context, "disk", () => lookAtDisks(context)),
    checkPart(context, "speech", (signal) => lookAtSpeech(context, silent, signal)),
    ...[context.config.dataDir, ...servers].map((dataDir) =>
      checkPart(context, "server", (signal) => lookAtServer(context, dataDir, signal)),
    ),
    checkPart(context, "public-url", (signal) => lookAtPublicUrl(context, signal)),
    checkPart(context, "grpc", (signal) => lookAtGrpc(context, signal)),
    checkPart(context, "certificate", (signal) => lookAtCertificate(context, signal)),
  ]);
  beside.catch(() => undefined);
  await using store = await lookAtStore(context, silent);
  const above = await Promise.all([
    checkPart(context, "backups", () => lookAtBackups(context, store.database)),
    checkPart(context, "model", (signal) => lookAtModel(context, store, silent, signal)),
  ]);
  const all = [...store.checks, ...above, ...(await beside)];
  return all.toSorted((one, other) => parts.indexOf(one.part) - parts.indexOf(other.part));
}

function lineOf({ part, state, detail, cure }: Check, { parts: names, states }: DoctorMessages): string {
  const widest = Math.max(...Object.values(states).map((name) => name.length));
  const wide = Math.max(...parts.map((name) => (names[name] ?? name).length));
  // A detail may end with an abbreviation, as in Russian.
  const said = cure === undefined ? detail : `${detail.replace(/\.$/, "")}. ${cure}`;
  return `${states[state].padEnd(widest)}  ${(names[part] ?? part).padEnd(wide)}  ${visible(said)}\n`;
}
