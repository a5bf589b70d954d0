import { expect, test } from "vitest";
import type { AssistantTool, ToolResult } from "../ports.ts";
import { languageOfText } from "./language.ts";
import { runTool, startSummary } from "./run-tool.ts";

const never = new AbortController().signal;
const toolThat = (run: AssistantTool["run"]): AssistantTool => ({
  name: "t",
  description: "",
  inputSchema: {},
  run,
});

test("a long summary becomes one short line", async () => {
  const result: ToolResult = { value: 1, summary: `a\n b ${"c".repeat(200)}` };
  const outcome = await runTool(
    toolThat(() => Promise.resolve(result)),
    {},
    1_000,
    never,
  );
  expect(outcome).toMatchObject({ state: "done", value: 1 });
  expect(outcome.summary).toHaveLength(120);
  expect(outcome.summary).toMatch(/^a b c+…$/);
});

test("whatever is thrown becomes a failed outcome", async () => {
  // Tools are not ours alone; a bare string must not end an answer either.
  const outcome = await runTool(
    toolThat(() => Promise.reject("bare string")),
    {},
    1_000,
    never,
  );
  expect(outcome).toEqual({ state: "failed", value: { error: "bare string" }, summary: "t: bare string" });
});

test("only an abort throws", async () => {
  const stop = new AbortController();
  const running = runTool(
    toolThat(() => new Promise(() => {})),
    {},
    1_000,
    stop.signal,
  );
  stop.abort(new Error("stopped by hand"));
  await expect(running).rejects.toThrow("stopped by hand");
  await expect(
    runTool(
      toolThat(() => new Promise(() => {})),
      {},
      1_000,
      stop.signal,
    ),
  ).rejects.toThrow("by hand");
});

test.each([
  ["calculator", { expression: "2+2" }, "calculator: 2+2"],
  ["search_chat_history", { query: "flight", scope: "all", limit: 5 }, "search_chat_history: flight, all, 5"],
  ["current_time", {}, "current_time"],
  ["current_time", "broken", "current_time"],
])("a start reads %s %j as %s", (name, input, summary) => {
  expect(startSummary(name, input)).toBe(summary);
});

test.each([
  ["Hello", "ru", "en"],
  ["Привет", "en", "ru"],
  ["что такое gRPC?", "en", "ru"],
  ["2+2", "ru-RU", "ru"],
  ["2+2", "de", "en"],
])("%s with locale %s is in %s", (text, locale, language) => {
  expect(languageOfText(text, locale)).toBe(language);
});
