import type { Logger } from "#contract/logger.ts";

/**
 * Log lines for a user who opens the browser's console; what is only of use to a developer stays out of sight there.
 */
export function createConsoleLogger(): Logger {
  return {
    debug: (event, fields) => console.debug(event, fields ?? {}),
    info: (event, fields) => console.debug(event, fields ?? {}),
    warn: (event, fields) => console.warn(event, fields ?? {}),
    error: (event, fields) => console.error(event, fields ?? {}),
  };
}
