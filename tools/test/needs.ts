import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "./command.ts";
import type { PartName } from "./parts.ts";

/** Which machine parts a test file needs, by its path; the first match counts. */
const rules: readonly (readonly [path: RegExp, needs: readonly PartName[]])[] = [
  [/^tests\/e2e\/.*\.spec\.ts$/, ["chromium"]],
  [/(keychain|keyring|token|credential|secret)[^/]*$/, ["secrets"]],
  [/(screen|capture)[^/]*$/, ["display"]],
  [/(speaker|audio|playback|sound)[^/]*$/, ["sound"]],
  [/^server\/domain\/speech\//, ["voice"]],
  [/^tests\/foreign\/python/, ["python-grpc"]],
  [/^tests\/foreign\/fastapi/, ["python-web"]],
  [/^tests\/foreign\/(curl|joining)/, ["tools"]],
  [/^tests\/foreign\/api-md/, ["tools", "totp"]],
  [/^tests\/models\//, ["model-checker"]],
  [/embedded-server[^/]*$/, []],
  [/(repl|terminal)[^/]*$/, ["terminal", "voice", "sound", "secrets", "display"]],
  [/\.system\.test\.ts$/, ["voice", "sound", "secrets", "display"]],
];

/** Which parts an integration test needs besides, by what it imports or runs. */
const signs: readonly (readonly [text: RegExp, need: PartName])[] = [
  [/\b(databases|postgres-databases|postgres-server|own-machine)\.ts"|inject\("postgresUrl"\)/, "postgres"],
  [/\b(redis-server|own-machine)\.ts"|inject\("redisUrl"\)/, "redis"],
  [/"(oathtool|zbarimg)"/, "totp"],
  [/\bcertificate\.ts"/, "tools"],
  [/"systemd-analyze"|\bown-machine\.ts"/, "systemd"],
  [/\bpromtool\.ts"/, "promtool"],
  [/\b(team-proxy|own-machine)\.ts"/, "proxies"],
];

/** A test file that cannot run here, and the parts it lacks. */
export interface SkippedFile {
  readonly path: string;
  readonly lacks: readonly PartName[];
}

/** Finds the test files that need a part which is not here. */
export async function findSkippedFiles(missing: readonly PartName[]): Promise<readonly SkippedFile[]> {
  const skipped: SkippedFile[] = [];
  const patterns = [
    "{cli,engine,server,tests}/**/*.system.test.ts",
    "tests/foreign/**/*.test.ts",
    "tests/models/**/*.test.ts",
    "tests/e2e/**/*.spec.ts",
  ];
  for await (const path of glob(patterns, { cwd: repositoryRoot })) {
    const needs = rules.find(([pattern]) => pattern.test(path))?.[1] ?? [];
    const lacks = needs.filter((name) => missing.includes(name));
    if (lacks.length > 0) skipped.push({ path, lacks });
  }
  const integration = ["tests/integration/**/*.test.ts", "server/**/*.{database,postgres}.test.ts"];
  for await (const path of glob(integration, { cwd: repositoryRoot })) {
    const text = await readFile(join(repositoryRoot, path), "utf8");
    const lacks = signs.flatMap(([sign, need]) => (sign.test(text) && missing.includes(need) ? [need] : []));
    if (lacks.length > 0) skipped.push({ path, lacks });
  }
  return skipped;
}
