import { readFailure } from "./model-errors.ts";
import type { ModelAbilities } from "./model-endpoint.ts";

/** What of a request a model server did not take. */
export interface Refusal {
  readonly ability: keyof ModelAbilities;
  /** False when it was this picture (too large, broken) and not pictures as such: the next one is sent again. */
  readonly lasting: boolean;
}

/** Statuses by which servers refuse a part of a well-formed request. */
const REFUSING_STATUSES = new Set([400, 415, 422]);
/** Gateways and llama.cpp answer 404, 500 or 501 for the same; there the words must be unmistakable. */
const OTHER_STATUSES = new Set([404, 500, 501]);
const TOOL_WORDS = /\btools?\b|\btool_|function.?call/i;
const IMAGE_WORDS = /image|vision|multi.?modal|picture|content|mmproj/i;
const PLAIN_TOOL_WORDS =
  /support\w*\s+(for\s+)?(tool|function)|(tool|function)\S*(\s\S+)?\s+(is|are)?\s*not\s+support/i;
const PLAIN_IMAGE_WORDS = /image.{0,20}not\s+support|support\w*\s+(for\s+)?(image|vision)|mmproj/i;
const THIS_PICTURE_WORDS = /too (large|big)|exceed|decode|corrupt|base64|dimension/i;

/**
 * Whether the error says that the server takes no images, or no tools, of those that were `sent`.
 * Undefined: it is about something else.
 */
export function refusalIn(error: unknown, sent: ModelAbilities): Refusal | undefined {
  const { status, text } = readFailure(error);
  if (status === undefined) return undefined;
  const loose = REFUSING_STATUSES.has(status);
  if (!loose && !OTHER_STATUSES.has(status)) return undefined;
  if (sent.tools && (loose ? TOOL_WORDS : PLAIN_TOOL_WORDS).test(text)) {
    return { ability: "tools", lasting: true };
  }
  if (sent.images && (loose ? IMAGE_WORDS : PLAIN_IMAGE_WORDS).test(text)) {
    return { ability: "images", lasting: !THIS_PICTURE_WORDS.test(text) };
  }
  return undefined;
}
