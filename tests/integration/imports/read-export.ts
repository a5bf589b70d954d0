import { closeSync, openSync, writeFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExportReader, type ReadLimits } from "#server/domain/imports/export-reader.ts";
import type { ImportedChat, ImportedTurn } from "#server/domain/imports/imported-chat.ts";

interface FoundChat extends ImportedChat {
  readonly turns: readonly ImportedTurn[];
}

/** What the reader of exports finds in a file: chats with their turns, why it skips others, and its end. */
export async function readExport(file: Uint8Array, limits: ReadLimits) {
  await using folder = await mkdtempDisposable(join(tmpdir(), "pipit-export-"));
  const path = join(folder.path, "export");
  writeFileSync(path, file);
  const fd = openSync(path, "r");
  try {
    const reader = new ExportReader({ fd, bytes: file.byteLength }, limits, Date.now());
    const found: (Omit<FoundChat, "turns"> & { turns: ImportedTurn[] })[] = [];
    const skipped: string[] = [];
    for (;;) {
      const { pieces, leftOut, end } = await reader.next();
      for (const piece of pieces) {
        if ("skipped" in piece) {
          skipped.push(piece.skipped.reason);
          continue;
        }
        if ("chat" in piece) found.push({ ...piece.chat, turns: [] });
        found.at(-1)?.turns.push(...piece.turns);
      }
      if (end !== undefined)
        return { found: found as readonly FoundChat[], skipped, leftOut, problem: end.problem };
    }
  } finally {
    closeSync(fd);
  }
}
