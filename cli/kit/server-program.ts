import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { isFresh } from "#tools/build/build-stamp.ts";

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
export function serverProgram(name: ServerProgram): string {
  const built = `${root}dist/server/${name}.js`;
  return (canBuild() ? isFresh(root, "server") : existsSync(built)) ? built : sources[name];
}

/**
 * Builds those of these parts (tools/build/pipit-parts.ts) that are missing or stale, beside what runs and for the next
 * start. The builder ends by itself and may outlive this program.
 */
export function buildSoon(parts: readonly string[]): void {
  if (!canBuild()) return;
  const build = (): void => {
    const stale = parts.filter((part) => !isFresh(root, part));
    if (stale.length === 0) return;
    const child = spawn(process.execPath, [builder, ...stale], { stdio: "ignore" });
    child.unref();
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  };
  setTimeout(build, BUILD_AFTER_MS).unref();
}

/** True in a checkout with its tools. A copy that was installed or packaged runs what it came with. */
function canBuild(): boolean {
  return existsSync(builder) && existsSync(`${root}node_modules/vite`);
}
