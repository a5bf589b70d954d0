import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { InlineConfig } from "vite";
import { externals } from "./tools/build/externals.ts";

const root = fileURLToPath(new URL(".", import.meta.url));

const external = ["electron", ...externals];

/** Short, with ".dirty" where files were changed since; "" where there is no git, or no checkout. */
function commitOf(folder: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const commit = git("rev-parse", "--short=10", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no") === "" ? commit : `${commit}.dirty`;
  } catch {
    return "";
  }
}

/** Programs that the client of a desktop and of a terminal starts. */
const helpers = {
  "keychain-process": "engine/node/keychain/keychain-process.ts",
  "speaker-process": "engine/node/audio/speaker-process.ts",
} as const;

/**
 * The desktop app's own part, into `outDir` (dist/electron): main process and helper programs as ES modules, and the
 * preload script as the CommonJS file that Electron's sandbox can run.
 */
export function electronConfigs(outDir: string): readonly InlineConfig[] {
  return [nodeConfig(outDir, { main: "electron/main.ts", ...helpers }), preloadConfig(outDir)];
}

/** The terminal client and its helper programs, into `outDir` (dist/cli). */
export function cliConfigs(outDir: string): readonly InlineConfig[] {
  return [
    nodeConfig(outDir, {
      main: "cli/main.ts",
      program: "cli/program.ts",
      ...helpers,
      "document-worker": "engine/node/files/document-worker.ts",
    }),
  ];
}

/** The server and the programs that it starts, into `outDir` (dist/server). */
export function serverConfigs(outDir: string): readonly InlineConfig[] {
  return [
    nodeConfig(outDir, {
      main: "server/main.ts",
      admin: "server/admin/main.ts",
      "calculator-worker": "server/domain/assistant/tools/calculator-worker.ts",
      "sqlite-worker": "server/store/sqlite/sqlite-worker.ts",
      "import-worker": "server/domain/imports/import-worker.ts",
      "vector-worker": "server/store/search/vector-worker.ts",
      "flite-worker": "server/domain/speech/providers/flite-worker.ts",
      "picture-process": "server/domain/pictures/picture-process.ts",
    }),
  ];
}

/** All files of a program in one folder: they find each other by `ownProgram`. */
export function nodeConfig(outDir: string, programs: Readonly<Record<string, string>>): InlineConfig {
  return bundle(outDir, "node24", external, {
    input: programs,
    output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
  });
}

function preloadConfig(outDir: string): InlineConfig {
  return bundle(outDir, "es2024", ["electron"], {
    input: { preload: "electron/preload.ts" },
    output: { format: "cjs", entryFileNames: "[name].cjs", codeSplitting: false },
  });
}

function bundle(
  outDir: string,
  target: string,
  outside: string[],
  options: NonNullable<InlineConfig["build"]>["rolldownOptions"],
): InlineConfig {
  return {
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: { PIPIT_COMMIT: JSON.stringify(commitOf(root)) },
    ssr: { noExternal: true, external: outside, target: "node" },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target,
      minify: false,
      rolldownOptions: { ...options, external: outside },
    },
  };
}
