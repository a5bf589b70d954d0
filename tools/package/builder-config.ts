import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Arch, type Configuration } from "electron-builder";
import type { PackagePlatform } from "./shipped-packages.ts";

/** What the operator who packages decides. */
export interface PackageOptions {
  readonly platform: PackagePlatform;
  /** Version of Electron, exactly. */
  readonly electronVersion: string;
  /** Folder or archive of Electron in place of the download. */
  readonly electronDist?: string | undefined;
  /** Where finished packages will lie for downloads and updates; without it, the app never looks for updates. */
  readonly updateUrl?: string | undefined;
  /** Signed with a certificate of Apple's, and notarized; otherwise ad hoc, for one's own machine. */
  readonly sign: boolean;
  readonly outDir: string;
}

const APP_ID = "app.pipit.desktop";
const resources = join(import.meta.dirname, "../../build");

/**
 * Only what runs. Of the packages, the staged folder has no more than needed ones (stage-app.ts); of these, files for
 * compilers, browsers and other machines stay out.
 */
function shippedFiles({ os, cpu }: PackagePlatform): readonly string[] {
  const sound = { darwin: "macos", win32: "windows", linux: "linux" }[os];
  return [
    "dist/**",
    "assets/tray/**",
    "package.json",
    "!dist/.stamp-*",
    "!**/*.{map,ts,mts,cts,flow,c,cc,cpp,h,hpp,gyp,gypi,md,markdown,tsbuildinfo}",
    "!**/node_modules/**/{test,tests,example,examples,docs,.github}/**",
    "!**/node_modules/better-sqlite3/{deps,src}/**",
    `!**/node_modules/better-sqlite3/prebuilds/!(${os}-${cpu}.node)`,
    `!**/node_modules/@echogarden/audio-io/addons/!(bin)/**`,
    `!**/node_modules/@echogarden/audio-io/addons/bin/!(${sound}-${cpu}-*)`,
    // The calculator loads mathjs as one file.
    "!**/node_modules/mathjs/{types,lib/cjs,lib/esm}/**",
    "!**/node_modules/mathjs/lib/browser/!(math.js)",
    "!**/node_modules/{decimal.js,fraction.js,complex.js}/**/*.min.js",
    "!**/node_modules/{seedrandom,js-yaml}/**/*.min.js",
  ];
}

/** What electron-builder is told; `directories.app` is the folder that stage-app.ts has made. */
export function builderConfig(options: PackageOptions): Configuration {
  const { platform, electronVersion, electronDist, updateUrl, sign, outDir } = options;
  return {
    appId: APP_ID,
    productName: "Pipit",
    copyright: "Copyright © 2026 The Pipit authors",
    electronVersion,
    ...(electronDist === undefined ? {} : { electronDist }),
    // All native parts are Node-API: one build serves every Node and Electron.
    npmRebuild: false,
    asar: true,
    asarUnpack: ["**/*.node", "**/node_modules/{@img,sharp}/**"],
    directories: { output: outDir, buildResources: resources },
    files: [...shippedFiles(platform)],
    extraResources: [{ from: "licences.txt", to: "licences.txt" }],
    protocols: [{ name: "Pipit", schemes: ["pipit"], role: "Viewer" }],
    electronLanguages: ["en", "ru"],
    artifactName: "${productName}-${version}-${os}-${arch}.${ext}",
    publish: updateUrl === undefined ? null : { provider: "generic", url: updateUrl },
    electronFuses: {
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      // See ADR 51: Pipit keeps no cookies; should a page ever get one, it is not in the open on the disk.
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      resetAdHocDarwinSignature: !sign && process.platform === "darwin" && platform.os === "darwin",
    },
    mac: {
      target: ["dmg", "zip"],
      category: "public.app-category.productivity",
      minimumSystemVersion: "13.0",
      hardenedRuntime: sign,
      // Without a certificate: an ad-hoc signature, which arm64 needs to run at all.
      ...(sign ? { notarize: true } : { identity: "-", notarize: false }),
      entitlements: join(resources, "entitlements.mac.plist"),
      entitlementsInherit: join(resources, "entitlements.mac.plist"),
      extendInfo: {
        LSUIElement: true,
        NSMicrophoneUsageDescription: "Pipit listens to the microphone while you speak a message.",
        NSScreenCaptureUsageDescription: "Pipit takes a picture of the screen when you attach one.",
      },
    },
    linux: {
      target: ["AppImage", "deb"],
      executableName: "pipit",
      syncDesktopName: true,
      category: "Utility",
      icon: "icons",
    },
    win: { target: ["nsis"] },
    nsis: { oneClick: true, perMachine: false },
    afterPack: async ({ appOutDir, electronPlatformName }) => {
      if (electronPlatformName === "darwin") await closeTransportSecurity(appOutDir);
    },
  };
}

/** electron-builder's number for a processor. */
export function archOf({ cpu }: PackagePlatform): Arch {
  return cpu === "arm64" ? Arch.arm64 : Arch.x64;
}

/**
 * electron-builder opens App Transport Security to every address, whatever the configuration says, so that updates can
 * come from 127.0.0.1; for these the exceptions that it writes besides are enough. Runs before the app is signed.
 */
async function closeTransportSecurity(appOutDir: string): Promise<void> {
  const path = join(appOutDir, "Pipit.app", "Contents", "Info.plist");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/\s*<key>NSAllowsArbitraryLoads<\/key>\s*<true\/>/u, ""));
}
