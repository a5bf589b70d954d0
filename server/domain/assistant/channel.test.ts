import { describe, expect, test } from "vitest";
import { collect } from "#tests/doubles/collect.ts";
import { Channel } from "./channel.ts";

describe("Channel", () => {
  test("gives what was pushed before and while it is read, in order, and ends after close", async () => {
    const channel = new Channel<string>();
    channel.push("a");
    const heard: string[] = [];
    const reading = (async () => {
      for await (const text of channel) {
        heard.push(text);
        if (text === "b") channel.push("c");
        if (text === "c") channel.close();
      }
    })();
    channel.push("b");
    await reading;
    expect(heard).toEqual(["a", "b", "c"]);
  });

  test("what is pushed after close is dropped", async () => {
    const channel = new Channel<string>();
    channel.close();
    channel.push("late");
    expect(await collect(channel)).toEqual([]);
  });
});
