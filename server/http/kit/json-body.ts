import { isDeeperThan, JSON_MAX_LEVELS } from "#contract/json-depth.ts";
import { HttpError } from "./http-error.ts";

/** What a body of JSON says. Throws HttpError 400 for one that is none, or nested too deep. */
export function parseJsonBody(text: string): unknown {
  const value = parseAnyJson(text);
  if (isDeeperThan(JSON_MAX_LEVELS, value)) {
    throw new HttpError(400, `The body is nested more than ${JSON_MAX_LEVELS} levels deep.`);
  }
  return value;
}

/** The same of whatever depth: for a body of many things, of which one may be too deep and the others not. */
export function parseAnyJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(text);
  } catch {
    // The parser's own message quotes the body, and there may be a password in it.
    throw new HttpError(400, "The body is not valid JSON.");
  }
}
