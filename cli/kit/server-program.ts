import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";

/** The backend's programs: the server, and the one that administers it. */
export type ServerProgram = "main" | "admin";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = { main: `${root}server/main.ts`, admin: `${root}server/admin/main.ts` } as const;
const builder = `${root}tools/build.ts`;
/** By then a server is up, so that building takes nothing from its start. */
const BUILD_AFTER_MS = 1_000;

/**
 * Where a program of the backend is: the built one, which starts in a third of the time; in a checkout where it is missing
 * or stale, the source.
 */
export async function serverProgram(name: ServerProgram): Promise<string> {
  const built = `${root}dist/server/${name}.js`;
  return (canBuild() ? await isBuilt("server") : existsSync(built)) ? built : sources[name];
}

/**
 * Builds those of these parts (tools/build/pipit-parts.ts) that are missing or stale, beside what runs and for the next
 * start. The builder ends by itself and may outlive this program; where another one runs, it is left to that.
 */
export function buildSoon(parts: readonly string[]): void {
  if (!canBuild()) return;
  const build = async (): Promise<void> => {
    const built = await Promise.all(parts.map(isBuilt));
    const stale = parts.filter((_, index) => built[index] === false);
    if (stale.length === 0) return;
    const child = spawn(process.execPath, [builder, "--unless-building", ...stale], { stdio: "ignore" });
    // A machine that has no process to spare: the next start tries again.
    child.on("error", () => undefined);
    child.unref();
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  };
  setTimeout(() => void build().catch(() => undefined), BUILD_AFTER_MS).unref();
}

/** Loaded here: a copy without tools has no use for it. */
async function isBuilt(part: string): Promise<boolean> {
  const { isFresh } = await import("#tools/build/build-stamp.ts");
  return isFresh(root, part);
}

/** True in a checkout with its tools. A copy that was installed or packaged runs what it came with. */
function canBuild(): boolean {
  return existsSync(builder) && existsSync(`${root}node_modules/vite`);
}
