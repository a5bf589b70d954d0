import { expect, test } from "vitest";
import { windowCommands } from "#contract/commands/window.ts";
import { createChatUi } from "../chat/state/chat-ui.ts";
import { handOver, takeOver } from "./hand-over.ts";

test("the window that gets the chat knows which answer may take the place of the selected text", async () => {
  const program = { name: "Editor", title: "letter.txt", tell: "ask" } as const;
  const left = createChatUi("And shorter");
  left.select({});
  left.asked("question-1");
  left.select({ program });
  const taken = createChatUi("");
  const host = {
    // As it crosses from window to window.
    handOver: async (handed: unknown) => takeOver(taken, windowCommands.handOver.input.parse(handed)),
  };
  await handOver(left, host);
  expect(taken.store.getState()).toMatchObject({
    text: "And shorter",
    replaceFor: "question-1",
    selectedFrom: { program },
  });
});
