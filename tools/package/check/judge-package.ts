import { builtinModules } from "node:module";
import { neededPackages, type Lock } from "../shipped-packages.ts";
import type { PackedApp } from "./inspect-package.ts";

/** Bytes; more is a sign that something ships that does not run. */
const MOST_ASAR_BYTES = 60 * 1024 * 1024;
const OLDEST_MACOS = 13;

/** As docs/security.md promises them. */
const fuses = {
  RunAsNode: "off",
  EnableCookieEncryption: "on",
  EnableNodeOptionsEnvironmentVariable: "off",
  EnableNodeCliInspectArguments: "off",
  EnableEmbeddedAsarIntegrityValidation: "on",
  OnlyLoadAppFromAsar: "on",
  GrantFileProtocolExtraPrivileges: "off",
} as const;

/** What no installed app has a use for. */
const useless =
  /\.map$|\.d\.[cm]?ts$|\.tsx?$|(^|\/)\.stamp-|(^|\/)node_modules\/(\.bin|node-linux-|electron\/|electron-builder)|\.(c|cc|cpp|h|gyp)$/u;

/** What each package must hold to run. */
export const programs = [
  "package.json",
  "dist/electron/main.js",
  "dist/electron/preload.cjs",
  "dist/server/main.js",
  "dist/server/admin.js",
  "dist/cli/program.js",
  "dist/renderer/desktop.html",
  "dist/renderer/web.html",
  "assets/tray/tray-idle.png",
];

/** Facts of an Info.plist, each with the text that states it. */
const plistFacts: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["has no icon in the Dock", /<key>LSUIElement<\/key>\s*<true\/>/u],
  ["opens pipit: links", /<key>CFBundleURLSchemes<\/key>\s*<array>\s*<string>pipit<\/string>/u],
  ["needs macOS 13", /<key>LSMinimumSystemVersion<\/key>\s*<string>13\.0<\/string>/u],
  ["says why it listens", /<key>NSMicrophoneUsageDescription<\/key>\s*<string>Pipit [^<]+<\/string>/u],
  [
    "says why it takes pictures",
    /<key>NSScreenCaptureUsageDescription<\/key>\s*<string>Pipit [^<]+<\/string>/u,
  ],
  ["takes no insecure connections", /^(?![^]*NSAllowsArbitraryLoads)/u],
];

/** @returns what is wrong with this package, one sentence each; none when all promises hold */
export function judgePackage(
  app: PackedApp,
  expected: { readonly lock: Lock; readonly externals: readonly string[] },
): readonly string[] {
  const { platform, natives } = app;
  const needed = Object.entries(neededPackages(expected.lock, expected.externals, platform));
  const neededNames = new Set(needed.map(([path, { version }]) => `${nameOf(path)}@${version}`));
  const loadable = new Set([...builtinModules, "electron", ...expected.externals]);
  return [
    ...listed(
      "misses",
      programs.filter((path) => !app.files.includes(path)),
    ),
    ...listed(
      "misses the package",
      [...neededNames].filter((name) => !app.packages.includes(name)),
    ),
    ...listed(
      "ships a package that it does not need:",
      app.packages.filter((name) => !neededNames.has(name)),
    ),
    ...listed(
      "loads a package that is not in it:",
      app.imports.filter((name) => !loadable.has(packageOf(name))),
    ),
    ...listed(
      "loads a file that is not in it:",
      app.loadedFiles.filter((path) => !app.files.includes(path)),
    ),
    ...listed(
      "ships what does not run:",
      app.files.filter((path) => useless.test(path)),
    ),
    ...listed("has a native file in the archive:", app.packedNatives),
    ...natives
      .filter(({ header }) => header?.os !== platform.os || header.cpu !== platform.cpu)
      .map(
        ({ path, header }) =>
          `${path} is for ${header === undefined ? "no machine" : `${header.os}-${header.cpu}`}`,
      ),
    ...natives
      .filter(({ header }) => Number.parseFloat(header?.minOs ?? "0") > OLDEST_MACOS)
      .map(({ path, header }) => `${path} needs macOS ${header?.minOs}`),
    ...(natives.length < expected.externals.length / 2 ? [`has only ${natives.length} native files`] : []),
    ...(app.asarBytes > MOST_ASAR_BYTES
      ? [`app.asar has ${app.asarBytes} bytes, more than ${MOST_ASAR_BYTES}`]
      : []),
    ...Object.entries(fuses)
      .filter(([name, state]) => app.fuses[name] !== state)
      .map(([name, state]) => `the fuse ${name} is ${app.fuses[name]}, not ${state}`),
    ...listed(
      "names no licence of",
      [...neededNames].filter((name) => !app.licences.includes(`${name.replace(/@([^@]+)$/u, " $1")} (`)),
    ),
    ...judgePlist(app),
  ];
}

function judgePlist({ infoPlist, asarHash }: PackedApp): readonly string[] {
  if (infoPlist === undefined) return [];
  const wrong = plistFacts.filter(([, pattern]) => !pattern.test(infoPlist)).map(([name]) => name);
  return [
    ...listed("does not say in its Info.plist that it", wrong),
    ...(infoPlist.includes(asarHash) ? [] : ["its Info.plist has another hash of app.asar"]),
  ];
}

function listed(what: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${what} ${name}`);
}

/** "pg" of "pg/lib/client.js"; "fs" of "node:fs/promises". */
function packageOf(specifier: string): string {
  const [first = "", second = ""] = specifier.replace(/^node:/u, "").split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}

function nameOf(path: string): string {
  return path.replace(/^.*node_modules\//u, "");
}
