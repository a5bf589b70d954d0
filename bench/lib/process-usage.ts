import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { ProgramUsage } from "./child-program.ts";

/** Linux counts processor time in hundredths of a second. */
export const msPerTick = 10;
const bytesPerPage = 4096;
const bytesPerKibibyte = 1024;

/** What a process has used so far, all its threads; it needs to know nothing of it. */
export async function usageOf(pid: number): Promise<ProgramUsage> {
  if (process.platform !== "linux") return usageByPs(pid);
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  // After the name, which may hold anything: state, parent, ...
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0, pages = 0] = [11, 12, 21].map((index) => Number(fields[index]));
  return { cpuMs: (user + system) * msPerTick, residentBytes: pages * bytesPerPage };
}

/** macOS: kibibytes, and minutes:seconds.hundredths. */
async function usageByPs(pid: number): Promise<ProgramUsage> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=,time=", "-p", String(pid)]);
  const [resident = "", time = ""] = stdout.trim().split(/\s+/);
  const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: seconds * 1000, residentBytes: Number(resident) * bytesPerKibibyte };
}
