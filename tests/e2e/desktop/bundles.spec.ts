import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "@playwright/test";
import { test } from "../fixtures/built-test.ts";
import { mainEntry } from "../fixtures/desktop-app.ts";

/** The built programs, as they are packed. */
const built = dirname(dirname(mainEntry));

/** Text of every chunk that a built program can load, by its path below `dist`. */
async function chunksOf(...entries: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for await (const path of glob("{electron,server}/*.{js,cjs}", { cwd: built }))
    all.set(path, await readFile(join(built, path), "utf8"));
  const reached = new Map<string, string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = all.get(path);
    if (text === undefined || reached.has(path)) continue;
    reached.set(path, text);
    for (const [, name = ""] of text.matchAll(/["']\.\/([\w.-]+\.js)["']/gu))
      waiting.push(`${dirname(path)}/${name}`);
  }
  expect([...reached.keys()].filter((path) => entries.includes(path)).length).toBe(entries.length);
  return reached;
}

const server = [
  "server/main.js",
  "server/picture-process.js",
  "server/flite-worker.js",
  "server/sqlite-worker.js",
  "server/vector-worker.js",
  "server/import-worker.js",
  "server/calculator-worker.js",
];

test("[D1] the server starts no program of ours but by main: the app's binary is no Node", async () => {
  // Traces are a library's, which asks for the program's name to name a service after it, and starts nothing.
  const ours = [...(await chunksOf(...server))].filter(([path]) => !/\/otlp-tracing-[\w-]+\.js$/u.test(path));
  const found = ours.flatMap(([, text]) => [
    // Methods of that name are others.
    ...text.matchAll(
      /(?<=[=(]\s*)fork\([^)\n]{1,80}|child_process\w*\.fork\(|\bexecPath\b|\bprocess\.argv0\b/giu,
    ),
  ]);
  // The one there is serves servers of their own; Electron's way comes first (job-runner.ts, and its test).
  expect(found.map(([call]) => call)).toEqual([
    expect.stringMatching(/^fork\(fileURLToPath\(ownProgram\(program, callerUrl/u),
  ]);
  const text = [...(await chunksOf("server/main.js")).values()].join("\n");
  expect(text).toMatch(
    /if \(port !== void 0\) return startUtilityJob\(port, program\);\s*const child = fork\(/u,
  );
});

test("[5.1-10] only the preload asks for Electron by require, and only main imports it", async () => {
  const chunks = await chunksOf("electron/main.js", "electron/preload.cjs", ...server);
  const holding = (pattern: RegExp) =>
    [...chunks].filter(([, text]) => pattern.test(text)).map(([path]) => path);
  expect(holding(/require\(["']electron["']\)/u)).toEqual(["electron/preload.cjs"]);
  expect(holding(/from ["']electron["']|import\(["']electron["']\)/u)).toEqual(["electron/main.js"]);
});

/** What both OpenSSL and Electron's BoringSSL have. */
const digests = new Set(["md5", "sha1", "sha256", "sha384", "sha512"]);

test("nothing is asked of cryptography that Electron's own library lacks", async () => {
  const text = [...(await chunksOf("electron/main.js", ...server)).values()].join("\n");
  const asked = [
    ...text.matchAll(/\b(?:createHash|createHmac|hkdfSync|crypto\.hash)\(\s*["']([^"']+)["']/gu),
  ].map(([, name = ""]) => name);
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter((name) => !digests.has(name))).toEqual([]);
  const ciphers = [...text.matchAll(/\bcreate(?:Cipheriv|Decipheriv)\(([^,)]+)/gu)].map(([, name]) => name);
  expect(new Set(ciphers)).toEqual(new Set(["CIPHER"]));
  expect(new Set([...text.matchAll(/\bCIPHER = ([^;\n]+)/gu)].map(([, name]) => name))).toEqual(
    new Set(['"aes-256-gcm"']),
  );
  // Key agreement, key stretching, and signatures by a name that OpenSSL gives.
  expect(
    text.match(
      /\b(?:createECDH|createDiffieHellman|getDiffieHellman|diffieHellman|scrypt(?:Sync)?|pbkdf2(?:Sync)?|createSign|createVerify)\(/gu,
    ),
  ).toBeNull();
});
