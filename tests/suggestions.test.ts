import { expect, test } from "vitest";
import { chat as english } from "#renderer/i18n/en/chat.ts";
import { chat as russian } from "#renderer/i18n/ru/chat.ts";
import { recognize } from "#server/domain/assistant/built-in/intents.ts";

test.each([english, russian])(
  "U14 what an empty chat suggests without a model is understood without one",
  ({ builtIn1, builtIn2, builtIn3, builtIn4 }) => {
    const kinds = [builtIn1, builtIn2, builtIn3, builtIn4].map((text) => recognize(text).kind);
    expect(kinds).not.toContain("unknown");
    expect(new Set(kinds).size).toBeGreaterThan(2);
  },
);
