/** A file that breaks exactly one rule of the house. */
export interface PlantedFault {
  readonly path: string;
  readonly code: string;
  /** The rule that must report it, as oxlint names it. */
  readonly rule: string;
  readonly why: string;
}

const restrictedImport = "eslint(no-restricted-imports)";
const restrictedGlobal = "eslint(no-restricted-globals)";

/** Folder, what it imports, why that is wrong. Each is planted as one file with one import. */
const imports: readonly (readonly [folder: string, source: string, why: string])[] = [
  ["contract", "#engine/ports.ts", "contract points at proto only"],
  ["contract", "../server/config.ts", "contract points at proto only (relative)"],
  ["contract", "node:fs", "contract does no I/O"],
  ["contract", "fs", "a built-in without its prefix is no way around"],
  ["contract", "fastify", "contract is types, schemas and constants"],
  ["engine/chat", "node:fs/promises", "the core runs in a page"],
  ["engine/chat", "fs/promises", "the core runs in a page (no prefix)"],
  ["engine/chat", "@grpc/grpc-js", "the core runs in a page (Node-only package)"],
  ["engine/chat", "../node/grpc-transport.ts", "the core knows no host"],
  ["engine/chat", "#engine/node/grpc/grpc-transport.ts", "the core knows no host (alias)"],
  ["engine/chat", "../web/page-transport.ts", "the core knows no host"],
  ["engine/chat", "#server/config/config.ts", "server is a leaf"],
  ["engine/chat", "../../cli/config.ts", "cli is a leaf"],
  ["engine/chat", "#cli/kit/config.ts", "cli is a leaf (alias)"],
  ["engine/chat", "../../electron/main.ts", "electron is a leaf"],
  ["engine/chat", "../../renderer/app.ts", "renderer is a leaf"],
  ["engine/chat", "#tests/doubles/openai-server.ts", "nothing imports the tests"],
  ["engine/chat", "#bench/lib/result.ts", "nothing imports the benchmarks"],
  ["engine/chat", "react", "the engine is headless"],
  ["engine/chat", "electron", "the engine is headless"],
  ["engine/node", "#server/config/config.ts", "server is a leaf"],
  ["engine/node", "../web/page-transport.ts", "one host does not know the other"],
  ["engine/node", "electron", "only electron/ uses Electron"],
  ["engine/web", "node:fs", "engine/web runs in a page"],
  ["engine/web", "../node/grpc-transport.ts", "one host does not know the other"],
  ["engine/web", "@connectrpc/connect-node", "engine/web runs in a page (Node-only package)"],
  ["cli/commands", "../../server/main.ts", "server is a leaf"],
  ["cli/commands", "#server/main.ts", "server is a leaf (alias)"],
  ["cli/commands", "#engine/web/page-transport.ts", "the terminal is not a page"],
  ["cli/commands", "#tests/doubles/openai-server.ts", "nothing imports the tests"],
  ["cli/commands", "electron", "only electron/ uses Electron"],
  ["cli/commands", "@grpc/grpc-js", "cli prints, never thinks"],
  ["electron", "#server/main.ts", "server is a leaf"],
  ["electron", "../renderer/app.ts", "renderer is a leaf"],
  ["electron", "#engine/web/page-transport.ts", "the main process is not a page"],
  ["renderer/chat", "#engine/node/keychain/keychain.ts", "the page has no Node"],
  ["renderer/chat", "node:path", "the page has no Node"],
  ["renderer/chat", "../../electron/ipc.ts", "electron is a leaf"],
  ["renderer/chat", "electron", "the page gets no Electron"],
  ["renderer/chat", "#server/http/web.ts", "server is a leaf"],
  ["server/http", "#engine/ports.ts", "the server never imports the engine"],
  ["server/http", "../../engine/ports.ts", "the server never imports the engine (relative)"],
  ["server/http", "#cli/kit/config.ts", "cli is a leaf"],
  ["server/http", "#server/store/store.ts", "handlers know ports, not the store"],
  ["server/rpc", "../store/store.ts", "handlers know ports, not the store (relative)"],
  ["server/rpc/streaming", "#server/bus/redis-bus.ts", "handlers know ports, not the bus"],
  ["server/rpc", "kysely", "SQL lives in the store"],
  ["server/store", "#server/rpc/router.ts", "the store knows nothing above it"],
  ["server/store", "../http/health.ts", "the store knows nothing above it (relative)"],
  ["server/store", "@connectrpc/connect", "the store knows no transport"],
  ["server/domain/chats", "#server/rpc/router.ts", "the domain points nowhere"],
  ["server/domain/chats", "#server/http/probes/health.ts", "the domain points nowhere"],
  ["server/domain/chats", "../../store/store.ts", "the domain points nowhere (relative)"],
  ["server/domain/chats", "#server/store/store.ts", "the domain points nowhere"],
  ["server/domain/chats", "#server/lifecycle/shutdown.ts", "the domain points nowhere"],
  ["server/domain/chats", "../../main.ts", "the domain points nowhere (relative)"],
  ["server/domain/chats", "#server/compose/context.ts", "the domain points nowhere"],
  ["server/domain/chats", "#server/config/config.ts", "the domain points nowhere"],
  ["server/domain/chats", "fastify", "the domain knows no HTTP"],
  ["server/domain/chats", "@connectrpc/connect", "the domain knows no gRPC"],
  ["server/domain/chats", "#proto/streaming_pb.ts", "the domain knows no wire types"],
  ["server/domain/chats", "kysely", "the domain knows no SQL"],
  ["server/domain/chats", "better-sqlite3", "the domain knows no SQL"],
  ["server-kit", "#contract/pipit-error.ts", "what others copy needs nothing of ours"],
];

/** The other house rules: path, code, rule, why. */
const others: readonly PlantedFault[] = [
  fault(
    "electron/tray/tray.ts",
    `import { ipcMain } from "electron";\nipcMain.handle("x", () => 1);\n`,
    restrictedImport,
    "raw ipcMain",
  ),
  fault(
    "electron/windows/windows.ts",
    `import { ipcRenderer } from "electron";\nvoid ipcRenderer.invoke("x");\n`,
    restrictedImport,
    "raw ipcRenderer",
  ),
  fault(
    "electron/preload.ts",
    `import { createSession } from "#engine/session/session.ts";\nvoid createSession;\n`,
    restrictedImport,
    "the preload knows the contract only",
  ),
  fault(
    "server/env-import.ts",
    `import { env } from "node:process";\nexport const home = env["HOME"];\n`,
    restrictedImport,
    "the environment through the back door",
  ),
  fault(
    "engine/chat/dynamic.ts",
    `export const load = (): Promise<unknown> => import("#server/main.ts");\n`,
    restrictedImport,
    "a dynamic import is an import",
  ),
  fault(
    "engine/chat/type-only.ts",
    `import type { Config } from "#server/config/config.ts";\nexport type Copy = Config;\n`,
    restrictedImport,
    "a type import is an import",
  ),
  fault(
    "engine/chat/re-export.ts",
    `export { start } from "#server/main.ts";\n`,
    restrictedImport,
    "a re-export is an import",
  ),
  fault(
    "engine/chat/dom.ts",
    `export const title = (): string => document.title;\n`,
    restrictedGlobal,
    "the core has no DOM",
  ),
  fault(
    "engine/chat/window.ts",
    `export const width = (): number => window.innerWidth;\n`,
    restrictedGlobal,
    "the core has no DOM",
  ),
  fault(
    "engine/chat/storage.ts",
    `export const kept = (): unknown => localStorage.getItem("x");\n`,
    restrictedGlobal,
    "the core has no DOM",
  ),
  fault(
    "engine/chat/buffer.ts",
    `export const bytes = (): Uint8Array => Buffer.from("x");\n`,
    restrictedGlobal,
    "the core has no Node",
  ),
  fault(
    "engine/chat/process.ts",
    `export const id = (): number => process.pid;\n`,
    restrictedGlobal,
    "the core has no Node",
  ),
  fault(
    "engine/web/buffer.ts",
    `export const bytes = (): Uint8Array => Buffer.from("x");\n`,
    restrictedGlobal,
    "the page has no Node",
  ),
  fault(
    "server/environment.ts",
    `export const home = (): unknown => process.env["HOME"];\n`,
    "node(no-process-env)",
    "the environment is read in config.ts",
  ),
  fault(
    "server/exit.ts",
    `export const quit = (): void => process.exit(1);\n`,
    "unicorn(no-process-exit)",
    "the loop drains",
  ),
  fault(
    "server/default.ts",
    `export default function start(): void {}\n`,
    "import(no-default-export)",
    "named exports",
  ),
  fault(
    "server/anything.ts",
    `export const take = (value: any): unknown => value;\n`,
    "typescript(no-explicit-any)",
    "no any",
  ),
  fault(
    "server/type-import.ts",
    `import { Clock } from "./domain/sound.ts";\nexport const now = (clock: Clock): number => clock.nowMs();\n`,
    "typescript(consistent-type-imports)",
    "import type",
  ),
  fault("server/barrel.ts", `export * from "./domain/sound.ts";\n`, "oxc(no-barrel-file)", "no barrels"),
  fault("server/CamelCase.ts", `export const name = "x";\n`, "unicorn(filename-case)", "kebab-case files"),
  fault("server/long-file.ts", `${"export {};\n".repeat(401)}`, "eslint(max-lines)", "at most 400 lines"),
  fault(
    "server/long-function.ts",
    `export function long(list: number[]): void {\n${"  list.push(1);\n".repeat(81)}}\n`,
    "eslint(max-lines-per-function)",
    "at most 80 lines",
  ),
  fault(
    "server/branches.ts",
    `export function branchy(n: number): string {\n${branches(12)}  return "none";\n}\n`,
    "eslint(complexity)",
    "complexity at most 12",
  ),
  fault(
    "server/cycle-a.ts",
    `import { b } from "./cycle-b.ts";\nexport const a = (): number => b();\n`,
    "import(no-cycle)",
    "no cycles",
  ),
  fault(
    "server/cycle-b.ts",
    `import { a } from "./cycle-a.ts";\nexport const b = (): number => a();\n`,
    "import(no-cycle)",
    "no cycles",
  ),
];

/** Words that a person reads come from the texts; what is wrong for a screen reader is wrong. */
const componentFaults: readonly PlantedFault[] = [
  fault(
    "renderer/app/literal-text.tsx",
    `export const Title = () => <h1>Chats</h1>;\n`,
    "react(jsx-no-literals)",
    "words in a component",
  ),
  fault(
    "renderer/app/literal-wrapped.tsx",
    "export const Title = () => <h1>{`Chats`}</h1>;\n",
    "react(jsx-no-literals)",
    "words in a component, wrapped",
  ),
  fault(
    "renderer/app/literal-name.tsx",
    `export const Close = () => <button type="button" aria-label="Close" />;\n`,
    "react(jsx-no-literals)",
    "a name in a component",
  ),
  fault(
    "renderer/app/clickable-div.tsx",
    `export const Row = ({ open }: { readonly open: () => void }) => <div onClick={open} />;\n`,
    "jsx-a11y(click-events-have-key-events)",
    "what is clicked must work by key",
  ),
];

/** Every fault that the guard must report. */
export const plantedFaults: readonly PlantedFault[] = [
  ...imports.map(([folder, source, why], index) =>
    fault(
      `${folder}/import-${index}.ts`,
      `import { thing } from "${source}";\nexport const used = thing;\n`,
      restrictedImport,
      `${source}: ${why}`,
    ),
  ),
  ...others,
  ...componentFaults,
];

/** Files that keep every rule and must not be reported. */
export const soundFiles: Readonly<Record<string, string>> = {
  "contract/sound.ts": `import type { Turn } from "#proto/streaming_pb.ts";\nexport type Named = Turn;\n`,
  "engine/chat/sound.ts": `import type { Named } from "#contract/sound.ts";\nimport { createStore } from "zustand/vanilla";\nimport type { Clock } from "../ports.ts";\nexport const make = (named: Named, clock: Clock): unknown => createStore(() => ({ named, at: clock.nowMs() }));\n`,
  "engine/node/sound.ts": `import { readFile } from "node:fs/promises";\nimport { Client } from "@grpc/grpc-js";\nimport { make } from "#engine/chat/sound.ts";\nexport const all = [readFile, Client, make, process.pid];\n`,
  "engine/web/sound.ts": `import { make } from "#engine/chat/sound.ts";\nexport const all = [make, document.title];\n`,
  "cli/commands/sound.ts": `import { readFile } from "node:fs/promises";\nimport { all } from "#engine/node/sound.ts";\nexport const both = [readFile, all];\n`,
  "cli/kit/config.ts": `export const home = (): string | undefined => process.env["HOME"];\n`,
  "electron/ipc/ipc.ts": `import { ipcMain } from "electron";\nimport { all } from "#engine/node/sound.ts";\nexport const both = [ipcMain, all];\n`,
  "renderer/chat/sound.ts": `import { useStore } from "zustand/react";\nimport { all } from "#engine/web/sound.ts";\nexport const both = [useStore, all, window.innerWidth];\n`,
  "renderer/app/sound.tsx": `import { useTranslation } from "react-i18next";\nexport function Title() {\n  const { t } = useTranslation("shell");\n  return <h1 className="text-title">{t("chats")}</h1>;\n}\n`,
  "server/main.ts": `import { openStore } from "#server/store/sound.ts";\nimport { take } from "./http/sound.ts";\nexport const both = [openStore, take];\n`,
  "server/http/sound.ts": `import type { FastifyInstance } from "fastify";\nimport type { Clock } from "#server/domain/sound.ts";\nexport const take = (app: FastifyInstance, clock: Clock): unknown => app.get("/x", async () => clock.nowMs());\n`,
  "server/store/sound.ts": `import { Kysely } from "kysely";\nimport type { Clock } from "#server/domain/sound.ts";\nexport const openStore = (clock: Clock): unknown => [Kysely, clock];\n`,
  "server/domain/sound.ts": `import { spawn } from "node:child_process";\nimport type { Named } from "#contract/sound.ts";\nexport interface Clock {\n  nowMs(): number;\n}\nexport const start = (named: Named): unknown => [spawn, named];\n`,
  "server/domain/chats/sound.ts": `import type { Clock } from "../sound.ts";\nexport const at = (clock: Clock): number => clock.nowMs();\n`,
  "server/domain/chats/sound.test.ts": `import { expect, test } from "vitest";\nimport { openStore } from "#server/store/sound.ts";\ntest("opens", () => {\n  expect(openStore({ nowMs: () => 1 })).toBeDefined();\n});\n`,
  "tests/sound.ts": `import { make } from "#engine/chat/sound.ts";\nimport { both } from "#server/main.ts";\nexport const all = [make, both, process.env["HOME"]];\n`,
  "bench/sound.ts": `import { make } from "#engine/chat/sound.ts";\nimport { both } from "#server/main.ts";\nexport const all = [make, both, process.env["HOME"]];\n`,
  "vitest.config.ts": `export default { test: {} };\n`,
};

function fault(path: string, code: string, rule: string, why: string): PlantedFault {
  return { path, code, rule, why };
}

function branches(count: number): string {
  return Array.from({ length: count }, (_, index) => `  if (n === ${index}) return "${index}";\n`).join("");
}
