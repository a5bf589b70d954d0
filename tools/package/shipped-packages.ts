import { posix } from "node:path";

/** A machine that is packaged for, in the words of npm and Node. */
export interface PackagePlatform {
  readonly os: "darwin" | "win32" | "linux";
  readonly cpu: "arm64" | "x64";
}

/** An entry of package-lock.json. */
interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** `packages` of package-lock.json: entries by their folder, "node_modules/a/node_modules/b". */
export type Lock = Readonly<Record<string, LockedPackage>>;

/**
 * The packages that these need, with themselves: entries of the lockfile by folder, sorted.
 *
 * @param platform only what belongs on this machine; left out: on every machine
 * @throws Error when one that is no option is not locked
 */
export function neededPackages(lock: Lock, names: readonly string[], platform?: PackagePlatform): Lock {
  const found = new Map<string, LockedPackage>();
  const waiting = names.map((name) => ({ name, from: "", optional: false }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name, from, optional } = next;
    const folder = findFolder(lock, name, from);
    const entry = folder === undefined ? undefined : lock[folder];
    if (folder === undefined || entry === undefined) {
      if (optional) continue;
      throw new Error(`package-lock.json has no ${name}, which ${from || "the app"} needs`);
    }
    if (found.has(folder) || (platform !== undefined && !belongsOn(entry, platform))) continue;
    found.set(folder, entry);
    for (const need of needsOf(entry)) waiting.push({ ...need, from: folder });
  }
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether npm puts this package on that machine. Linux is one with glibc, as Electron needs it. */
function belongsOn({ os, cpu, libc }: LockedPackage, platform: PackagePlatform): boolean {
  const isGlibc = libc === undefined || libc.includes("glibc");
  return allows(os, platform.os) && allows(cpu, platform.cpu) && (platform.os !== "linux" || isGlibc);
}

function allows(list: readonly string[] | undefined, value: string): boolean {
  return list === undefined || (list.some((one) => one === value) && !list.includes(`!${value}`));
}

function needsOf(entry: LockedPackage): readonly { readonly name: string; readonly optional: boolean }[] {
  const optionalNames = Object.keys(entry.optionalDependencies ?? {});
  const meta = entry.peerDependenciesMeta ?? {};
  return [
    ...Object.keys(entry.dependencies ?? {}).map((name) => ({
      name,
      optional: optionalNames.includes(name),
    })),
    ...optionalNames.map((name) => ({ name, optional: true })),
    ...Object.keys(entry.peerDependencies ?? {})
      .filter((name) => meta[name]?.optional !== true)
      .map((name) => ({ name, optional: false })),
  ];
}

/** Where Node finds it from that folder: in the nearest node_modules on the way up. */
function findFolder(lock: Lock, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const candidate = posix.join(folder, "node_modules", name);
    if (posix.basename(folder) !== "node_modules" && lock[candidate] !== undefined) return candidate;
    if (folder === "" || folder === ".") return undefined;
  }
}
