import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire, flushCompileCache, registerHooks } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { app } from "./app.ts";
import { forbidRunAsNode } from "./child/no-run-as-node.ts";
import { imitatePlatform, isPackaged } from "./platform.ts";

/**
 * Starts MAIN as Electron would: `run.ts [-r SCRIPT] [switches] MAIN [arguments]`. Under a test runner (which gives
 * `--remote-debugging-port=0`) "ready" waits until the runner has attached, as on real Electron.
 */
interface CommandLine {
  readonly main: string;
  readonly required: readonly string[];
  readonly driven: boolean;
}

/** How long main's module may take before "ready" when it already waits for it. */
const moduleTimeoutMs = 10_000;

function readArguments(argv: string[]): CommandLine {
  const rest = argv.slice(2);
  const required: string[] = [];
  const kept: string[] = [];
  let main: string | undefined;
  while (rest.length > 0) {
    const argument = rest.shift() ?? "";
    if (main === undefined && (argument === "-r" || argument === "--require"))
      required.push(rest.shift() ?? "");
    else if (argument !== "--no-sandbox" && !argument.startsWith("--remote-debugging-port=")) {
      kept.push(argument);
      if (main === undefined && !argument.startsWith("-")) main = argument;
    }
  }
  if (main === undefined) throw new Error("usage: electron [-r SCRIPT] [switches] MAIN [arguments]");
  const driven = argv.some((argument) => argument.startsWith("--remote-debugging-port="));
  process.argv.splice(1, process.argv.length - 1, ...kept);
  return { main: resolve(main), required: required.map((path) => resolve(path)), driven };
}

/** A folder means the "main" of its package.json, and gives the app its name. */
function findEntry(main: string): string {
  const isFolder = statSync(main).isDirectory();
  let folder = isFolder ? main : dirname(main);
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  const file = join(folder, "package.json");
  const described = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)
    : {};
  const text = (key: string) => (typeof described[key] === "string" ? described[key] : undefined);
  app.describe(isFolder ? main : dirname(main), text("productName") ?? text("name"), text("version"));
  return isFolder ? join(main, text("main") ?? "index.js") : main;
}

const moduleUrl = pathToFileURL(join(import.meta.dirname, "electron-module.ts")).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron" || specifier === "electron/main" || specifier === "electron/common"
      ? { url: moduleUrl, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});
Object.defineProperty(process.versions, "electron", { value: "45.4.1", enumerable: true });
Object.defineProperty(process, "type", { value: "browser", enumerable: true });
if (!isPackaged) Object.defineProperty(process, "defaultApp", { value: true, enumerable: true });
imitatePlatform();
forbidRunAsNode();
Object.defineProperty(process, "resourcesPath", { value: import.meta.dirname, enumerable: true });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => app.quit());

const { main, required, driven } = readArguments(process.argv);
const entry = findEntry(main);
const attached = Promise.withResolvers<void>();
if (driven) Object.assign(globalThis, { __playwright_run: () => attached.resolve() });
else attached.resolve();
const require = createRequire(import.meta.url);
for (const path of required) require(path);

const waiting = setTimeout(() => {
  if (!app.waitingForReady) return;
  console.error(
    "stand-in: main awaits app.whenReady() at its top level; Electron says ready only after that",
  );
  app.exit(70);
}, moduleTimeoutMs);
try {
  await import(pathToFileURL(entry).href);
  await app.start(driven, attached.promise);
  // Only a program that ends by itself would keep what Node has compiled, and tests kill theirs.
  flushCompileCache();
} catch (error) {
  console.error("A JavaScript error occurred in the main process:", error);
  app.exit(1);
} finally {
  clearTimeout(waiting);
}
