import { expect, test } from "vitest";
import type { Message, UserStatus } from "#contract/chat-state.ts";
import { failedAlike } from "./same-failure.ts";

const failure = (message: string): UserStatus => ({
  kind: "failed",
  failure: { code: "MODEL_KEY_REFUSED", message, retryable: false },
});

function asked(id: string, status: UserStatus): Message {
  return { role: "user", id, text: id, createdAtMs: 0, status };
}

test("one cause of several questions is told once, at the last of them", () => {
  const messages = [
    asked("a", failure("key")),
    asked("b", { kind: "answered" }),
    asked("c", failure("key")),
    asked("d", failure("key")),
    asked("e", failure("quota")),
    asked("f", failure("key")),
    asked("g", { kind: "queued" }),
  ];
  const told = messages.map(({ id }) => [id, failedAlike(messages, id).join()]);
  expect(told).toEqual([
    ["a", "a"],
    ["b", ""],
    ["c", ""],
    ["d", "c,d"],
    ["e", "e"],
    ["f", "f"],
    ["g", ""],
  ]);
});
