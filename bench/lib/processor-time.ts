import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChildProgram } from "./child-program.ts";
import { msPerTick } from "./process-usage.ts";
import { runClosed, type ClosedLoad } from "./load.ts";
import { median } from "./statistics.ts";

/** What a server did under a closed load. */
export interface Throughput {
  /** Time of the server's process, all threads; per request. */
  readonly cpuMs: number;
  /** Time of the database server's processes, per request; 0 without one. */
  readonly databaseCpuMs: number;
  /** Requests per second of wall time. */
  readonly perSecond: number;
}

export interface Measured {
  readonly program: Pick<ChildProgram<object>, "usage">;
  /** Processor time of the database server so far, in ms. */
  readonly databaseCpuMs?: () => Promise<number>;
}

/** Loads a server for a while and says what a request cost it. */
export async function measureThroughput(
  { program, databaseCpuMs = async () => 0 }: Measured,
  load: ClosedLoad,
  request: () => Promise<void>,
  signal: AbortSignal,
): Promise<Throughput> {
  const before = await program.usage();
  const databaseBeforeMs = await databaseCpuMs();
  const startedMs = performance.now();
  await runClosed(load, request, signal);
  const elapsedMs = performance.now() - startedMs;
  const after = await program.usage();
  return {
    cpuMs: (after.cpuMs - before.cpuMs) / load.requests,
    databaseCpuMs: ((await databaseCpuMs()) - databaseBeforeMs) / load.requests,
    perSecond: (load.requests * 1000) / elapsedMs,
  };
}

/** The median of each part. */
export function typical(samples: readonly Throughput[] = []): Throughput {
  const part = (name: keyof Throughput): number => median(samples.map((sample) => sample[name]));
  return { cpuMs: part("cpuMs"), databaseCpuMs: part("databaseCpuMs"), perSecond: part("perSecond") };
}

/** Processor time of a PostgreSQL server and all that it has started, in ms. Linux only: elsewhere it stays 0. */
export async function postgresCpuMs(dataFolder: string): Promise<number> {
  const pid = Number((await readFile(join(dataFolder, "postmaster.pid"), "utf8")).split("\n")[0]);
  let totalMs = 0;
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    // A process that has just ended is counted by its parent.
    const line = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // After the name, which may hold anything: state, parent, ...; user, system, and the same of ended children.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    const own = Number(fields[11]) + Number(fields[12]);
    if (Number(name) === pid) totalMs += (own + Number(fields[13]) + Number(fields[14])) * msPerTick;
    else if (Number(fields[1]) === pid) totalMs += own * msPerTick;
  }
  return totalMs;
}
