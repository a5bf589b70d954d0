import { join } from "node:path";
import { ensurePrivateFolder, readIfThere, writePrivateFile } from "#engine/node/files/private-files.ts";

/** Where the other port of that server is, is found out. */
const LINES = /^(?:server|grpc)_url[ \t]*=.*\n?/gmu;
const TABLE = /^[ \t]*\[/mu;

/**
 * Writes the server of the next commands into `config.toml`; everything else in it stays.
 *
 * @param serverUrl undefined: the server of this home
 * @throws PipitError STORAGE_*
 */
export async function rememberServer(home: string, serverUrl: string | undefined): Promise<void> {
  const path = join(home, "config.toml");
  const text = (await readIfThere(path)) ?? "";
  const topEnd = text.search(TABLE);
  const top = topEnd === -1 ? text : text.slice(0, topEnd);
  const rest = text.slice(top.length);
  const line = serverUrl === undefined ? "" : `server_url = ${JSON.stringify(serverUrl)}\n`;
  const changed = line + top.replace(LINES, "") + rest;
  if (changed === text) return;
  await ensurePrivateFolder(home);
  await writePrivateFile(path, changed);
}
