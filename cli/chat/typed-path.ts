import { homedir } from "node:os";
import { join } from "node:path";

/** A path as a person types it, or a terminal writes it for a file that is dropped on it: quoted, or with backslashes. */
export function typedPath(text: string): string {
  const quoted = /^(?<mark>['"])(?<path>.+)\k<mark>$/u.exec(text)?.groups?.["path"];
  const path = quoted ?? (process.platform === "win32" ? text : text.replaceAll(/\\(.)/gu, "$1"));
  return quoted === undefined && path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}
