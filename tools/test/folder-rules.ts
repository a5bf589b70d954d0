import { posix } from "node:path";
import { parseSync } from "vite";

/** More files than this in one folder are hard to see at a glance; tests count too. */
const MAX_FILES_PER_FOLDER = 40;

/** A source file of ours: its path from the repository's root with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly code: string;
}

/** Where an import of `#name/...` lies, as `imports` of package.json says. */
const ALIAS_OF_GENERATED = /^#proto\//;

/**
 * Groups of folders that import each other in a circle by value, each sorted. Types do not count: they are gone when
 * the program runs, and a port is declared where it is used.
 */
export function folderCycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const known = new Set(files.map((file) => file.path));
  const edges = new Map<string, Set<string>>();
  for (const file of files) {
    const from = posix.dirname(file.path);
    for (const specifier of valueImports(file)) {
      const target = resolveImport(file.path, specifier);
      if (target === undefined || !known.has(target) || posix.dirname(target) === from) continue;
      edges.set(from, (edges.get(from) ?? new Set()).add(posix.dirname(target)));
    }
  }
  const reachable = new Map([...edges.keys()].map((folder) => [folder, reach(edges, folder)] as const));
  const groups = [...reachable].flatMap(([folder, others]) => {
    const group = [...others].filter((other) => reachable.get(other)?.has(folder) === true).toSorted();
    return group[0] === folder ? [group] : [];
  });
  return groups.filter((group) => group.length > 1);
}

/** Folders that hold more than {@link MAX_FILES_PER_FOLDER} of these files, with their number. */
export function crowdedFolders(paths: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > MAX_FILES_PER_FOLDER)
    .map(([folder, count]) => `${folder}: ${count}`);
}

function reach(edges: ReadonlyMap<string, ReadonlySet<string>>, start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [start];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const next of edges.get(folder) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return seen;
}

function valueImports({ path, code }: SourceFile): readonly string[] {
  const { staticImports, staticExports, dynamicImports } = parseSync(path, code).module;
  const text = (request: { readonly start: number; readonly end: number }): string =>
    code.slice(request.start, request.end).replaceAll(/^["']|["']$/g, "");
  return [
    ...staticImports
      .filter(({ entries }) => entries.length === 0 || entries.some((entry) => !entry.isType))
      .map(({ moduleRequest }) => moduleRequest.value),
    ...staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ isType, moduleRequest }) =>
        isType || moduleRequest === null ? [] : [moduleRequest.value],
      ),
    ),
    ...dynamicImports.map(({ moduleRequest }) => text(moduleRequest)),
  ];
}

function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return specifier.replace(ALIAS_OF_GENERATED, "#proto/gen/").slice(1);
  return specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined;
}
