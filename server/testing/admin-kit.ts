import { dirname } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Clock } from "#contract/clock.ts";
import { systemClock } from "#server/domain/clock.ts";
import { readServerConfig, type ServerConfig } from "#server/config/config.ts";
import type { EmptyDatabase, TestDatabase } from "./databases.ts";
import { createManualClock, type ManualClock } from "./temporary-store.ts";
import { openAdminContext, type AdminContext } from "#server/compose/admin-context.ts";
import type { AdminGroup } from "../admin/admin-deps.ts";

export interface AdminRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Commands on a database of their own, which goes away with this. */
export interface TestAdmin extends AsyncDisposable {
  readonly config: ServerConfig;
  readonly clock: ManualClock;
  readonly query: EmptyDatabase["query"];
  /** What commands work with; for what a test wants to do or see past them. */
  with<T>(work: (context: AdminContext) => Promise<T>): Promise<T>;
  /** @param input what stdin holds */
  run(group: AdminGroup, args: readonly string[], input?: string): Promise<AdminRun>;
}

/** @example await using admin = await openAdmin(database); */
export async function openAdmin(
  database: TestDatabase,
  env: Readonly<Record<string, string>> = {},
): Promise<TestAdmin> {
  const empty = await database.openEmpty();
  const { location, query } = empty;
  const home = "file" in location ? dirname(location.file) : "/nonexistent";
  const config = readServerConfig({
    argv: ["--data", home],
    env: {
      PIPIT_HOME: home,
      PIPIT_MASTER_KEY: Buffer.alloc(32, "admin").toString("base64"),
      ...("databaseUrl" in location ? { PIPIT_DATABASE_URL: location.databaseUrl } : {}),
      ...env,
    },
  });
  const clock = createManualClock();
  const open = () => openAdminContext(config, clock);
  return {
    config,
    clock,
    query,
    async with(work) {
      await using context = await open();
      return await work(context);
    },
    run: (group, args, input) =>
      runAdmin(config, group, args, { clock, ...(input !== undefined && { input }) }),
    [Symbol.asyncDispose]: () => empty[Symbol.asyncDispose](),
  };
}

/** One command of `pipit admin` in this process, on the database of this configuration. */
export async function runAdmin(
  config: ServerConfig,
  group: AdminGroup,
  args: readonly string[],
  { clock = systemClock, input = "" }: { readonly clock?: Clock; readonly input?: string } = {},
): Promise<AdminRun> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const printed = Promise.all([text(stdout), text(stderr)]);
  const io = { stdin: Readable.from([Buffer.from(input)]), stdout, stderr };
  let code: number;
  try {
    const { signal } = new AbortController();
    const open = () => openAdminContext(config, clock);
    code = await group(args, { io, config, clock, locale: "en", signal, open });
  } finally {
    stdout.end();
    stderr.end();
  }
  const [out, err] = await printed;
  return { code, stdout: out, stderr: err };
}
