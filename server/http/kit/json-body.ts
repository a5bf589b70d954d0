import { HttpError } from "./http-error.ts";

/** No client has reason for so many: a JSON Schema of OpenAI has ten. */
const JSON_MAX_LEVELS = 100;

/** What a body of JSON says. Throws HttpError 400 for one that is none, or nested too deep. */
export function parseJsonBody(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, and there may be a password in it.
    throw new HttpError(400, "The body is not valid JSON.");
  }
  if (isDeeperThan(JSON_MAX_LEVELS, value)) {
    throw new HttpError(400, `The body is nested more than ${JSON_MAX_LEVELS} levels deep.`);
  }
  return value;
}

/** What is read without a limit cannot be written again without one: that calls itself for each level. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
