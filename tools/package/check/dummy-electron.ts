import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { PackagePlatform } from "../shipped-packages.ts";

/** As @electron/fuses knows them: the mark in the program, the wire's version, its length, and each fuse as in Electron. */
const FUSE_WIRE = Buffer.concat([
  Buffer.from("dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX"),
  Buffer.from([1, 9]),
  Buffer.from("101101011"),
]);
const helpers = ["", " (Renderer)", " (GPU)", " (Plugin)"];

/**
 * Writes a folder that electron-builder takes for an unpacked Electron: right names, a property list as Electron's, a
 * program with fuses, and nothing that runs.
 *
 * @param folder is there and empty
 */
export async function writeDummyElectron(folder: string, { os }: PackagePlatform): Promise<void> {
  if (os === "darwin") {
    await writeBundle(join(folder, "Electron.app"));
    return;
  }
  await mkdir(join(folder, "resources"), { recursive: true });
  await mkdir(join(folder, "locales"), { recursive: true });
  for (const name of ["en-US", "ru", "de"]) await writeFile(join(folder, "locales", `${name}.pak`), name);
  await writeFile(join(folder, "LICENSE"), "Electron's licence\n");
  const [name, program] = os === "win32" ? ["electron.exe", windowsProgram()] : ["electron", FUSE_WIRE];
  await writeFile(join(folder, name), program, { mode: 0o755 });
}

async function writeBundle(app: string): Promise<void> {
  const contents = join(app, "Contents");
  const framework = join(contents, "Frameworks/Electron Framework.framework");
  const resources = join(framework, "Versions/A/Resources");
  await write(join(contents, "Info.plist"), plist("Electron", TRANSPORT));
  await write(join(contents, "MacOS/Electron"), "");
  await write(join(contents, "Resources/electron.icns"), "");
  await write(join(framework, "Electron Framework"), FUSE_WIRE);
  for (const language of ["en", "ru", "de"])
    await write(join(resources, `${language}.lproj/locale.pak`), language);
  for (const suffix of helpers) {
    const name = `Electron Helper${suffix}`;
    const helper = join(contents, "Frameworks", `${name}.app`, "Contents");
    await write(join(helper, "Info.plist"), plist(name));
    await write(join(helper, "MacOS", name), "");
  }
}

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** As in Electron's own Info.plist. */
const TRANSPORT =
  "<key>NSAppTransportSecurity</key><dict><key>NSAllowsArbitraryLoads</key><true/></dict>" +
  "<key>NSMicrophoneUsageDescription</key><string>This app needs access to the microphone</string>" +
  "<key>LSMinimumSystemVersion</key><string>13.0</string>";

function plist(name: string, more = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>CFBundleExecutable</key><string>${name}</string>
<key>CFBundleIdentifier</key><string>com.github.Electron</string>
<key>CFBundleName</key><string>${name}</string>${more}</dict></plist>
`;
}

/** The part of resedit that is needed; electron-builder edits the program with it, so that no wine is. */
interface ResEdit {
  readonly NtExecutable: {
    createEmpty(
      is32Bit: boolean,
      isDll: boolean,
    ): { setExtraData(data: ArrayBuffer): void; generate(): ArrayBuffer };
  };
  readonly NtExecutableResource: {
    from(program: unknown): { entries: unknown; outputResource(to: unknown): void };
  };
  readonly Resource: {
    readonly VersionInfo: {
      createEmpty(): {
        setStringValues(language: object, values: object): void;
        outputToResourceEntries(entries: unknown): void;
      };
    };
  };
}

/** A program of Windows with the resources that electron-builder rewrites. */
function windowsProgram(): Buffer {
  const own = createRequire(createRequire(import.meta.url).resolve("electron-builder"));
  const { NtExecutable, NtExecutableResource, Resource } = createRequire(own.resolve("app-builder-lib"))(
    "resedit",
  ) as ResEdit;
  const program = NtExecutable.createEmpty(false, false);
  const resources = NtExecutableResource.from(program);
  const version = Resource.VersionInfo.createEmpty();
  version.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: "Electron" });
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  program.setExtraData(new Uint8Array(FUSE_WIRE).buffer);
  return Buffer.from(program.generate());
}
