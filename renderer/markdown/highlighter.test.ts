import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { codeChunks } from "./code-chunks.ts";
import { createTokenizer } from "./highlight-tokens.ts";
import {
  createHighlighter,
  highlightMaxChars,
  type HighlightReply,
  type HighlightWorker,
} from "./highlighter.ts";

const never = new AbortController().signal;

/** A worker that colours with the real tokenizer, when it is told to go on. */
function heldWorker() {
  const tokenize = createTokenizer();
  const waiting: (() => void)[] = [];
  let terminated = false;
  const worker: HighlightWorker = {
    ask: ({ code, language }) =>
      new Promise<HighlightReply>((resolve) => {
        waiting.push(() => resolve({ chunks: tokenize(code, language) }));
      }),
    terminate: () => {
      terminated = true;
    },
  };
  return { worker, waiting, isTerminated: () => terminated };
}

describe("the highlighter", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("makes one worker, when the first code comes, and asks it one thing at a time", async () => {
    const { worker, waiting } = heldWorker();
    const create = vi.fn(() => worker);
    const highlighter = createHighlighter(create);
    expect(create).not.toHaveBeenCalled();
    const first = highlighter.highlight({ code: "let a = 1", language: "ts" }, never);
    const second = highlighter.highlight({ code: "x = None", language: "python" }, never);
    expect(waiting).toHaveLength(1);
    waiting[0]?.();
    expect((await first)?.[0]?.[0]).toEqual({ text: "let", kind: "keyword" });
    expect(waiting).toHaveLength(2);
    waiting[1]?.();
    expect(await second).toBeDefined();
    expect(create).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves long code plain without a worker", async () => {
    const create = vi.fn(() => heldWorker().worker);
    const code = "x".repeat(highlightMaxChars + 1);
    expect(await createHighlighter(create).highlight({ code, language: "ts" }, never)).toBeUndefined();
    expect(create).not.toHaveBeenCalled();
  });

  it("does not ask for what nobody waits for any more", async () => {
    const { worker, waiting } = heldWorker();
    const highlighter = createHighlighter(() => worker);
    const first = highlighter.highlight({ code: "a", language: "ts" }, never);
    const stop = new AbortController();
    const second = highlighter.highlight({ code: "b", language: "ts" }, stop.signal);
    stop.abort();
    waiting[0]?.();
    await first;
    expect(await second).toBeUndefined();
    expect(waiting).toHaveLength(1);
  });

  it("gives up a worker that takes too long, and goes on with another", async () => {
    const slow = heldWorker();
    const good = heldWorker();
    const workers = [slow, good];
    const highlighter = createHighlighter(() => (workers.shift() ?? good).worker);
    const first = highlighter.highlight({ code: "a", language: "ts" }, never);
    const second = highlighter.highlight({ code: "1", language: "ts" }, never);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await first).toBeUndefined();
    expect(slow.isTerminated()).toBe(true);
    // Too late.
    slow.waiting[0]?.();
    good.waiting[0]?.();
    expect((await second)?.[0]).toEqual([{ text: "1", kind: "number" }]);
  });

  it("goes on after a worker that failed", async () => {
    const good = heldWorker();
    const broken: HighlightWorker = {
      ask: () => Promise.reject(new Error("broken")),
      terminate: () => undefined,
    };
    const workers = [broken, good.worker];
    const highlighter = createHighlighter(() => workers.shift() ?? good.worker);
    expect(await highlighter.highlight({ code: "a", language: "ts" }, never)).toBeUndefined();
    const next = highlighter.highlight({ code: "1", language: "ts" }, never);
    good.waiting[0]?.();
    expect(await next).toBeDefined();
  });
});

describe("the tokens", () => {
  const tokenize = createTokenizer();

  it("are undefined for a language that is not known", () => {
    expect(tokenize("a", "no-such-language")).toBeUndefined();
  });

  it.each(["ts", "python", "bash", "json", "rust", "sql"])(
    "of %s are the chunks of the code, in colours",
    (language) => {
      const code = Array.from(
        { length: 150 },
        (_, index) => `const a${index} = "text" # ${index} /* x\n*/`,
      ).join("\n");
      const texts = tokenize(code, language)?.map((tokens) => tokens.map(({ text }) => text).join(""));
      expect(texts).toEqual(codeChunks(code));
    },
  );

  it("have the colour of what they stand in", () => {
    expect(tokenize("// note\nreturn `a${1}`;", "ts")?.[0]).toEqual(
      expect.arrayContaining([
        { text: "// note", kind: "comment" },
        { text: "return", kind: "keyword" },
      ]),
    );
  });
});
