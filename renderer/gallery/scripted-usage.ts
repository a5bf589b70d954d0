import type { UsedBy, UsedTokens } from "#contract/commands/usage.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

const names: Readonly<Record<UsedBy, readonly string[]>> = {
  day: ["20", "21", "22", "23", "24", "25", "26", "27", "28"].map((day) => `2026-11-${day}`),
  model: ["llama3.2", "qwen3-235b-a22b-instruct-2507-q4_k_m"],
  chat: ["A weekend in Oslo", "Рецепт борща на шесть человек", ""],
};

/** An account that has used most of its tokens. */
export function tellUsage({ answers }: ScriptedBridge): void {
  answers.usedTokens = (input): UsedTokens => {
    const { by } = input as { readonly by: UsedBy };
    const sums = names[by].map((name, at) => ({
      name,
      inputTokens: 120_000 + at,
      outputTokens: 4_500 * (at + 1),
      answers: 12,
      estimated: 0,
    }));
    return {
      from: "2026-10-31",
      to: "2026-11-29",
      sums,
      total: { inputTokens: 1_080_036, outputTokens: 202_500, answers: 108, estimated: 0 },
      day: { limit: 150_000, used: 124_508, freeAtMs: Date.UTC(2026, 10, 29) },
      month: { limit: 2_000_000, used: 1_282_536, freeAtMs: Date.UTC(2026, 11, 1) },
    };
  };
}
