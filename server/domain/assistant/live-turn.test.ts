import { expect, test } from "vitest";
import { collectGarbage } from "#server/testing/collect-garbage.ts";
import { LiveTurn } from "./live-turn.ts";

const TEXT_BYTES = 2 * 1024 * 1024;
const TOKEN_CHARS = 4;

test("a reader that reads nothing holds at most twice the text so far and 256 KB", async () => {
  const live = new LiveTurn("user-1");
  const events = live.listen({ speak: false, hardwareId: "h", sessionId: "s" }, new AbortController().signal);
  live.publish({ type: "text", text: "0000" });
  await events.next();
  await live.eventRoom();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let said = 0; said < TEXT_BYTES; said += TOKEN_CHARS) {
    live.publish({ type: "text", text: String(said % 9_000).padStart(TOKEN_CHARS, "0") });
  }
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const held = process.memoryUsage().heapUsed - before;
  expect(live.log.chars).toBe(TEXT_BYTES + TOKEN_CHARS);
  expect(held).toBeLessThan(2 * TEXT_BYTES + 256 * 1024);

  // It gets all of it in messages that every client takes.
  live.close();
  let chars = 0;
  let longest = 0;
  for await (const event of events) {
    if (event.type !== "text") continue;
    chars += event.text.length;
    longest = Math.max(longest, event.text.length);
  }
  expect(chars).toBe(TEXT_BYTES);
  expect(longest).toBeLessThan(32 * 1024);
});
