import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listenForStop } from "./listen-for-stop.ts";
import { readPackageConfig } from "./package/config.ts";
import { packageApp } from "./package/package-app.ts";
import type { PackagePlatform } from "./package/shipped-packages.ts";

const USAGE = `npm run package [-- FLAGS]: packs the desktop app into dist/package; without flags for this machine.
  --mac, --win, --linux    for which system; several may be given
  --arch arm64|x64         for which processor; may be given twice
  --dir                    only the app's folder, no installers
  --update-url URL         where the packages will lie; without it the app never looks for updates
  --electron-dist PATH     folder or archive of Electron in place of the download
Signing: CSC_LINK or CSC_NAME, and for Apple's notarization APPLE_API_KEY or APPLE_ID; PIPIT_UPDATE_KEY is a file
with the key that signs updates (docs/releasing.md).`;

const root = fileURLToPath(new URL("..", import.meta.url));
using stop = listenForStop();
try {
  const { values } = parseArgs({
    options: {
      mac: { type: "boolean", default: false },
      win: { type: "boolean", default: false },
      linux: { type: "boolean", default: false },
      arch: { type: "string", multiple: true },
      dir: { type: "boolean", default: false },
      "update-url": { type: "string" },
      "electron-dist": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) say(USAGE);
  else {
    const { signs, updateKeyFile } = readPackageConfig();
    const updateKey =
      updateKeyFile === undefined ? undefined : createPrivateKey(await readFile(updateKeyFile));
    for (const platform of platformsOf(values)) {
      const made = await packageApp(
        {
          root,
          workDir: join(root, "dist/package"),
          platform,
          dirOnly: values.dir,
          sign: signs,
          updateUrl: values["update-url"],
          updateKey,
          electronDist: values["electron-dist"],
          say,
        },
        stop.signal,
      );
      for (const path of made) say(path);
    }
  }
} catch (error) {
  console.error(`package: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function platformsOf(wanted: {
  readonly mac: boolean;
  readonly win: boolean;
  readonly linux: boolean;
  readonly arch?: readonly string[] | undefined;
}): readonly PackagePlatform[] {
  const named = [
    ...(wanted.mac ? ["darwin"] : []),
    ...(wanted.win ? ["win32"] : []),
    ...(wanted.linux ? ["linux"] : []),
  ];
  const systems = named.length > 0 ? named : [process.platform];
  const processors = wanted.arch ?? [process.arch];
  return systems.flatMap((os) =>
    processors.map((cpu) => {
      if (!isSystem(os) || !isProcessor(cpu))
        throw new Error(`There is no package for ${os} ${cpu}.\n${USAGE}`);
      return { os, cpu };
    }),
  );
}

function isSystem(os: string): os is PackagePlatform["os"] {
  return os === "darwin" || os === "win32" || os === "linux";
}

function isProcessor(cpu: string): cpu is PackagePlatform["cpu"] {
  return cpu === "arm64" || cpu === "x64";
}

function say(line: string): void {
  console.log(line);
}
