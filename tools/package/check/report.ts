import type { PackedApp } from "./inspect-package.ts";

const BEGIN = "<!-- package:check begins -->";
const END = "<!-- package:check ends -->";

/** @returns the document with these packages between its two marks */
export function reportText(document: string, apps: readonly PackedApp[]): string {
  const [head, rest] = document.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (head === undefined || tail === undefined) throw new Error(`docs/releasing.md lacks its marks ${BEGIN}`);
  return `${head}${BEGIN}\n\n${sizes(apps)}\n\n${natives(apps)}\n\n${fuses(apps)}\n\n${plist(apps)}\n\n${END}${tail}`;
}

function sizes(apps: readonly PackedApp[]): string {
  const rows = apps.map((app) => [
    nameOf(app),
    megabytes(app.asarBytes),
    megabytes(app.unpackedBytes),
    String(app.files.length),
    String(app.packages.length),
    String(app.natives.length),
  ]);
  return table(["package", "app.asar", "beside it", "files", "npm packages", "native files"], rows);
}

function natives(apps: readonly PackedApp[]): string {
  const lines = apps.map((app) => {
    const names = app.natives.map(({ path, header }) => {
      const from = header?.minOs === undefined ? "" : ` (macOS ${header.minOs})`;
      return `\`${path.replace(/^node_modules\//u, "")}\`${from}`;
    });
    return `- ${nameOf(app)}: ${names.join(", ")}`;
  });
  return `Native files, each read and found to be for its machine, with the oldest macOS that it names:\n\n${lines.join("\n")}`;
}

function fuses(apps: readonly PackedApp[]): string {
  const [first] = apps;
  const lines = Object.entries(first?.fuses ?? {}).map(([name, state]) => `- ${name}: ${state}`);
  return `Fuses, read from the packed programs:\n\n${lines.join("\n")}`;
}

/** Without the hash, which is another at every build. */
function plist(apps: readonly PackedApp[]): string {
  const text = apps.find((app) => app.infoPlist !== undefined)?.infoPlist ?? "";
  const stable = text.replace(
    /<string>[0-9a-f]{64}<\/string>/u,
    "<string>(SHA-256 of the archive's header)</string>",
  );
  return `Info.plist:\n\n\`\`\`xml\n${stable.trim()}\n\`\`\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function nameOf({ platform: { os, cpu } }: PackedApp): string {
  return `${os}-${cpu}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
