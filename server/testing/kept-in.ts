import { readFile } from "node:fs/promises";
import type { EmptyDatabase } from "./databases.ts";

/**
 * Which of the texts a database still keeps, in any case of letters: SQLite anywhere in the bytes of its files,
 * PostgreSQL in the rows of its tables.
 */
export async function keptIn(
  { location, query }: Pick<EmptyDatabase, "location" | "query">,
  texts: readonly string[],
): Promise<string[]> {
  const all = "file" in location ? await bytesOf(location.file) : await rowsOf(query);
  const searched = all.toLowerCase();
  return texts.filter((text) => searched.includes(text.toLowerCase()));
}

async function bytesOf(file: string): Promise<string> {
  const log = await readFile(`${file}-wal`, "latin1").catch(() => "");
  return (await readFile(file, "latin1")) + log;
}

async function rowsOf(query: EmptyDatabase["query"]): Promise<string> {
  const tables = await query(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  const rows = await Promise.all(tables.map(({ name }) => query(`select * from "${String(name)}"`)));
  return JSON.stringify(rows);
}
