import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "#contract/logger.ts";
import { visibleJson } from "#contract/terminal-text.ts";

/** A log larger than this becomes `client.log.1`, so a client never keeps more than twice this much. */
const MAX_BYTES = 1024 * 1024;

/**
 * Writes JSON lines to a file, because a client's terminal belongs to the conversation. Lines are rare, so they are
 * written at once and survive a crash. A log that cannot be written is given up silently: it must not end a chat.
 *
 * @param home PIPIT_HOME; lines go to `<home>/client.log` (mode 0600)
 */
export function createFileLogger(home: string): Logger {
  const path = join(home, "client.log");
  const write = (level: string, event: string, fields?: Readonly<Record<string, unknown>>): void => {
    const line = JSON.stringify({ time: new Date().toISOString(), level, event, ...fields }, plainError);
    try {
      mkdirSync(home, { recursive: true, mode: 0o700 });
      rotate(path);
      appendFileSync(path, `${visibleJson(line)}\n`, { mode: 0o600 });
    } catch {
      // See above.
    }
  };
  return {
    debug: () => undefined,
    info: (event, fields) => write("info", event, fields),
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
  };
}

function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_BYTES) renameSync(path, `${path}.1`);
}

/** Errors have no enumerable fields; without this they would be logged as `{}`. */
function plainError(_key: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message } : value;
}
