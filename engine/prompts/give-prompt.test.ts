import { expect, test, vi } from "vitest";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { givePrompt } from "./give-prompt.ts";

const prompts = [{ name: "look", text: "Look at this: {clipboard}" }];

test("a prompt is given what it names, and nothing else is read", async () => {
  const selection = vi.fn(async () => "selected");
  const given = await givePrompt(prompts, "LOOK", { clipboard: async () => "copied", selection });
  expect(given).toEqual({ text: "Look at this: {clipboard}", values: { clipboard: "copied" } });
  expect(selection).not.toHaveBeenCalled();
  await expect(givePrompt(prompts, "gone", {})).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test("a clipboard of 100 MB is refused by name with its size, and what may be sent is taken", async () => {
  const whole = "x".repeat(100_000_000);
  await expect(givePrompt(prompts, "look", { clipboard: async () => whole })).rejects.toMatchObject({
    code: "PROMPT_TOO_LONG",
    field: "clipboard",
    message: expect.stringContaining("100000000 characters"),
  });
  const most = whole.slice(0, PROMPT_MAX_CHARS);
  const given = await givePrompt(prompts, "look", { clipboard: async () => most });
  expect(given.values.clipboard).toBe(most);
});
