import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { usageOf } from "./process-usage.ts";
import { repositoryRoot } from "#tools/test/command.ts";

const launcher = join(repositoryRoot, "tests", "electron-stand-in", "electron");
const probe = join(import.meta.dirname, "app-probe.cjs");
const NS_PER_MS = 1e6;

/** An app on the stand-in, measured from inside by app-probe.cjs and from outside by /proc. */
export interface ProbedApp extends AsyncDisposable {
  ask<T>(command: "loaded" | "show" | "hide" | "visibility" | "timers" | "question" | "tray"): Promise<T>;
  /** What main and the processes of its server hold (RSS); not the browser, nor its pages. */
  residentBytes(): Promise<number>;
  /** Processor time that main and its pages' processes have used so far, in ms. */
  cpuMs(): Promise<{ readonly main: number; readonly pages: number }>;
}

/** No test runner is attached: it would keep hidden pages awake. */
export async function startProbedApp(
  entry: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ProbedApp> {
  const child = spawn(launcher, [...args, "-r", probe, entry], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    signal,
  });
  child.on("error", () => undefined);
  const exit = once(child, "exit").catch(() => undefined);
  const waiting = new Map<number, PromiseWithResolvers<never>>();
  child.on("message", ({ id, value, error }: { id: number; value?: never; error?: string }) => {
    if (error === undefined) waiting.get(id)?.resolve(value as never);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  let lastId = 0;
  const ask = <T>(command: string): Promise<T> => {
    lastId += 1;
    const answer = Promise.withResolvers<never>();
    waiting.set(lastId, answer);
    child.send({ id: lastId, command });
    signal.addEventListener("abort", () => answer.reject(signal.reason), { once: true });
    return answer.promise;
  };
  return {
    ask,
    async cpuMs() {
      const all = await readProcesses();
      const own = all.filter((one) => isBelow(one.pid, child.pid ?? 0, all));
      const pages = own.filter(({ argv }) => argv.includes("--type=renderer"));
      const main = all.find(({ pid }) => pid === child.pid);
      return { main: main?.cpuMs ?? 0, pages: pages.reduce((sum, { cpuMs }) => sum + cpuMs, 0) };
    },
    async residentBytes() {
      const all = await readProcesses();
      const own = all.filter(({ pid, argv }) => pid === child.pid || argv.includes("server/main.js"));
      const ours = own.filter(({ pid }) => pid === child.pid || isBelow(pid, child.pid ?? 0, all));
      return (await Promise.all(ours.map(({ pid }) => usageOf(pid)))).reduce(
        (sum, { residentBytes }) => sum + residentBytes,
        0,
      );
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await ask("quit").catch(() => undefined);
      const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exit;
      clearTimeout(killer);
    },
  };
}

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly argv: string;
  readonly cpuMs: number;
}

async function readProcesses(): Promise<readonly ProcessTimes[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = (path: string) => readFile(path, "utf8").catch(() => "");
  return Promise.all(
    pids.map(async (pid) => {
      const [stat, argv] = await Promise.all([read(`/proc/${pid}/stat`), read(`/proc/${pid}/cmdline`)]);
      // After the name in brackets: state, parent, ...
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // Each thread's time in nanoseconds: what idles takes less than the hundredths of a second that `stat` counts in.
      const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
      const times = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`)));
      const cpuMs = times.reduce((sum, time) => sum + Number(time.split(" ")[0] ?? 0), 0) / NS_PER_MS;
      return { pid: Number(pid), parent: Number(fields[1] ?? 0), argv, cpuMs };
    }),
  );
}

function isBelow(pid: number, ancestor: number, all: readonly ProcessTimes[]): boolean {
  const parent = all.find((one) => one.pid === pid)?.parent ?? 0;
  if (parent === 0) return false;
  return parent === ancestor || isBelow(parent, ancestor, all);
}
