import type { Logger } from "#contract/logger.ts";

/** Keeps every line, so that a test can look for what must be there, and for what must not. */
export interface FakeLogger extends Logger {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: unknown }[];
}

export function createFakeLogger(): FakeLogger {
  const lines: { level: string; event: string; fields: unknown }[] = [];
  const at = (level: string) => (event: string, fields?: Readonly<Record<string, unknown>>) => {
    lines.push({ level, event, fields });
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
