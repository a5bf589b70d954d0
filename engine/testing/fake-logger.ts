import type { Logger } from "#contract/logger.ts";

/** Keeps every line, so that a test can look for what must be there, and for what must not. */
export interface FakeLogger extends Logger {
  readonly lines: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
}

export function createFakeLogger(): FakeLogger {
  const lines: FakeLogger["lines"] = [];
  const at =
    (level: FakeLogger["lines"][number]["level"]): Logger["info"] =>
    (event, fields = {}) =>
      void lines.push({ level, event, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
