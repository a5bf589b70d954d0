import { chmod, rm } from "node:fs/promises";
import { makeMemoryFolder } from "./memory-folder.ts";
import { findSkippedFiles, type SkippedFile } from "./needs.ts";
import { canInstall, findMissing, installParts, type Missing, type PartName } from "./parts.ts";
import { startServices, type ServiceName } from "./services.ts";

const serviceNames: readonly ServiceName[] = ["sound", "secrets", "display", "postgres", "redis"];

/** Of the tests and of their PostgreSQL, which has most of it. */
const neededBytes = 6 * 1024 ** 3;

/**
 * The programs and libraries that the tests find on this machine, and the services that run for them. Disposing ends
 * those.
 */
export interface Machine extends AsyncDisposable {
  readonly missing: readonly PartName[];
  /** Files that cannot run here. */
  readonly skipped: readonly SkippedFile[];
  /** For the environment of every run of tests. */
  readonly env: Readonly<Record<string, string>>;
}

/** One line of our own among the output of the tools. */
export const say = (line: string): void => console.log(`test: ${line}`);

/** Installs what is missing where that is possible, says what is missing still, and starts the services. */
export async function prepareMachine(signal: AbortSignal): Promise<Machine> {
  const lacks = await provideParts(signal);
  describeMissing(lacks);
  const missing = lacks.map((entry) => entry.part.name);
  const skipped = await findSkippedFiles(missing);
  for (const { path, lacks: parts } of skipped) say(`SKIPPED ${path}: needs ${parts.join(", ")}`);
  await using started = new AsyncDisposableStack();
  const files = await keepFilesInMemory(started);
  const services = started.use(
    await startServices(
      serviceNames.filter((name) => !missing.includes(name)),
      signal,
    ),
  );
  // Not --exclude: the projects of vitest.config.ts have lists of their own, which replace it.
  const env = { ...services.env, ...files, PIPIT_TEST_LACKING: skipped.map((file) => file.path).join(",") };
  const owned = started.move();
  return { missing, skipped, env, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Tests make thousands of small databases, whose writes would wait for the disk: a quarter of their time. */
async function keepFilesInMemory(owned: AsyncDisposableStack): Promise<{ readonly TMPDIR?: string }> {
  const folder = await makeMemoryFolder("pipit-tests-", neededBytes);
  if (folder === undefined) return {};
  owned.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  // A PostgreSQL of a test runs as a user without rights.
  await chmod(folder, 0o711);
  return { TMPDIR: folder };
}

/** Resolves to what is still missing. */
async function provideParts(signal: AbortSignal): Promise<readonly Missing[]> {
  const missing = await findMissing(signal);
  if (missing.length === 0 || !(await canInstall())) return missing;
  const problem = await installParts(missing, say, signal);
  if (problem !== undefined) say(`apt-get could not install everything:\n${problem}`);
  return findMissing(signal);
}

function describeMissing(missing: readonly Missing[]): void {
  for (const { part, requirements } of missing) {
    const names = requirements.map((requirement) => requirement.name).join(", ");
    const packages = [...new Set(requirements.flatMap((requirement) => requirement.packages))].join(" ");
    say(
      `MISSING ${part.name}: no ${names}; without it, no ${part.purpose} (Debian: apt-get install ${packages})`,
    );
  }
}
