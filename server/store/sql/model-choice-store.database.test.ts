import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { openStoreWithChat } from "#server/testing/turn-store-kit.ts";

describe.each(databases)("F14: chosen models on $name", (database) => {
  test("the chat's own wins over the account's, and both can be given up", async () => {
    await using temporary = await openStoreWithChat(database);
    const { modelChoices } = temporary.store;
    const seen = async () => [
      await modelChoices.chosen("user-1", "chat-1"),
      await modelChoices.chosen("user-1", "chat-2"),
      await modelChoices.chosen("user-1", undefined),
      await modelChoices.chosen("user-2", "chat-1"),
    ];
    expect(await seen()).toEqual([undefined, undefined, undefined, undefined]);
    await modelChoices.choose("user-1", undefined, "large");
    expect(await seen()).toEqual(["large", "large", "large", undefined]);
    await modelChoices.choose("user-1", "chat-1", "small");
    await modelChoices.choose("user-1", "chat-1", "tiny");
    expect(await seen()).toEqual(["tiny", "large", "large", undefined]);
    await modelChoices.choose("user-1", undefined, undefined);
    expect(await seen()).toEqual(["tiny", undefined, undefined, undefined]);
    await modelChoices.choose("user-1", "chat-1", undefined);
    expect(await seen()).toEqual([undefined, undefined, undefined, undefined]);
  });
});
