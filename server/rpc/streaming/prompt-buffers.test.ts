import { describe, expect, test } from "vitest";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { PromptBuffers } from "./prompt-buffers.ts";

const key = { userId: "ann", hardwareId: "mac", sessionId: "s" };
const piece = (seq: number, text: string, screenshot = "") => ({ seq, text, screenshot });

function setUp() {
  const clock = { now: 0, nowMs: () => clock.now };
  return { clock, buffers: new PromptBuffers(clock) };
}

describe("PromptBuffers", () => {
  test("merges pieces in the order of their numbers and ignores what is not newer", () => {
    const { buffers } = setUp();
    buffers.collect(key, piece(1, "what is", "shot"));
    buffers.collect(key, piece(1, "again"));
    buffers.collect(key, piece(0, "late"));
    buffers.collect(key, piece(2, "is the time"));
    expect(buffers.take(key, undefined)).toEqual({ text: "what is the time", screenshot: "shot" });
    expect(buffers.take(key, undefined)).toBeUndefined();
  });

  test("keeps users, machines and sessions apart", () => {
    const { buffers } = setUp();
    buffers.collect(key, piece(1, "mine"));
    for (const other of [{ userId: "bob" }, { hardwareId: "pc" }, { sessionId: "t" }]) {
      expect(buffers.take({ ...key, ...other }, undefined)).toBeUndefined();
    }
    expect(buffers.take(key, undefined)?.text).toBe("mine");
  });

  test("a message that is sent again gets its prompt again; the next one starts afresh", () => {
    const { buffers } = setUp();
    buffers.collect(key, piece(1, "first"));
    expect(buffers.take(key, "m1")?.text).toBe("first");
    expect(buffers.take(key, "m1")?.text).toBe("first");
    expect(buffers.take(key, "m2")).toBeUndefined();
    buffers.collect(key, piece(1, "second"));
    expect(buffers.take(key, "m2")?.text).toBe("second");
  });

  test("forgets a prompt after five minutes", () => {
    const { buffers, clock } = setUp();
    buffers.collect(key, piece(1, "old"));
    clock.now = 5 * 60_000 + 1;
    expect(buffers.take(key, undefined)).toBeUndefined();
    expect(buffers.size).toBe(0);
  });

  test("one person cannot push out another's prompts", () => {
    const { buffers } = setUp();
    buffers.collect(key, piece(1, "mine"));
    for (let index = 0; index < 200; index += 1) {
      buffers.collect({ userId: "eve", hardwareId: "pc", sessionId: String(index) }, piece(1, "x"));
    }
    expect(buffers.size).toBe(17);
    expect(buffers.take(key, undefined)?.text).toBe("mine");
  });

  test("is bounded in count and in size over all people", () => {
    const { buffers } = setUp();
    for (let index = 0; index < 1_100; index += 1) {
      buffers.collect({ ...key, userId: `u${index}` }, piece(1, "x"));
    }
    expect(buffers.size).toBe(1_000);
    const shot = "A".repeat(10 * 1024 * 1024);
    for (let index = 0; index < 10; index += 1)
      buffers.collect({ ...key, userId: `v${index}` }, piece(1, "x", shot));
    expect(buffers.size).toBe(6);
    expect(buffers.take({ ...key, userId: "v9" }, undefined)?.screenshot).toHaveLength(shot.length);
  });

  test("refuses a prompt that grows beyond the limit and keeps what was there", () => {
    const { buffers } = setUp();
    buffers.collect(key, piece(1, "a".repeat(PROMPT_MAX_CHARS - 1)));
    expect(() => buffers.collect(key, piece(2, "bb"))).toThrow(
      expect.objectContaining({ code: "PROMPT_TOO_LONG" }),
    );
    expect(buffers.take(key, undefined)?.text).toHaveLength(PROMPT_MAX_CHARS - 1);
  });
});
