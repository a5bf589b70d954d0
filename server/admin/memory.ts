import { MemoryFiles } from "#server/domain/memory-files/memory-files.ts";
import { MemoryFolder } from "#server/domain/memory-files/memory-folder.ts";
import { verifyMemoryFiles } from "#server/domain/memory-files/verify.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { visible } from "#contract/terminal-text.ts";
import type { AdminContext } from "../compose/admin-context.ts";
import { createLogger } from "../observe/logger.ts";
import { createMemoryFileStore } from "../store/sql/memory-file-store.ts";
import { adminExit, type AdminDeps, type AdminGroup } from "./admin-deps.ts";
import { createCommandGroup } from "./command-group.ts";
import { createProgressPrinter } from "./print.ts";

/** `pipit admin memory ...` and `pipit memory ...` */
export const memory: AdminGroup = async (args, deps) => {
  const { add, run } = createCommandGroup("memory", "the files that chats and profiles are kept in", deps);
  add("rebuild", "write all files anew from the database, and remove those of what is gone", (context) =>
    rebuild(context, deps),
  );
  add("verify", "compare every file with the database; changes nothing", (context) => verify(context, deps));
  return run(args);
};

/** What was not written when it is stopped, the server writes at its next start. */
async function rebuild(context: AdminContext, { io, signal }: AdminDeps): Promise<string> {
  const { store, folder } = partsOf(context);
  await using files = new MemoryFiles(store, folder, createLogger({ level: "warn" }));
  const removed = await files.sweep(signal);
  await store.refile();
  const total = await store.count();
  using progress = createProgressPrinter(io.stderr);
  let written = 0;
  await files.write(signal, () => {
    written += 1;
    progress.show(`chats written, of ${total}`, written);
  });
  signal.throwIfAborted();
  if (files.state !== "written") {
    throw new PipitError(
      "STORAGE_UNREADABLE",
      `The folder ${folder.path} cannot be written (${files.state}). The line above says why.`,
    );
  }
  return `${written} chats written, ${removed} files of chats that are gone removed\n`;
}

/** Fails when a file is not as the database is. */
async function verify(context: AdminContext, { io, signal }: AdminDeps): Promise<number> {
  const { store, folder } = partsOf(context);
  using progress = createProgressPrinter(io.stderr);
  let checked = 0;
  let faults = 0;
  for await (const { path, fault } of verifyMemoryFiles(store, folder, signal)) {
    checked += 1;
    progress.show("files compared", checked);
    if (fault === undefined) continue;
    faults += 1;
    io.stdout.write(`${fault}: ${visible(path)}\n`);
  }
  io.stdout.write(`${checked} files compared, ${faults} faults\n`);
  if (faults > 0) io.stderr.write('Run "pipit memory rebuild" to write them anew.\n');
  return faults > 0 ? adminExit.failed : adminExit.done;
}

function partsOf({ config, database }: AdminContext) {
  if (config.memoryDir === undefined) {
    throw new PipitError(
      "CONFIG_INVALID",
      "There are no memory files: PIPIT_MEMORY_DIR is off, or the database is a PostgreSQL and it is not set.",
    );
  }
  const store = createMemoryFileStore(database.db, database.relaxedDb);
  return { store, folder: new MemoryFolder(config.memoryDir) };
}
