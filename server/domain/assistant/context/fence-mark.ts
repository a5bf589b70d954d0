import { createHash } from "node:crypto";

const MARK_CHARS = 16;

/**
 * A mark for the lines around texts that are data, which stands in none of them.
 *
 * @param seed what whoever wrote the texts did not know; the same one gives the same mark
 */
export function markFor(
  kind: "file" | "person" | "chat" | "memories" | "message" | "project" | "room",
  texts: readonly string[],
  seed: string,
): string {
  for (let count = 0; ; count += 1) {
    const hash = createHash("sha256").update(`${seed} ${count}`).digest("hex");
    const mark = `${kind}-${hash.slice(0, MARK_CHARS)}`;
    if (!texts.some((text) => text.toLowerCase().includes(mark))) return mark;
  }
}
