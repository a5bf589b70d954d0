import type { Page } from "@playwright/test";
import { sampleAnswer } from "#renderer/gallery/sample-answer.ts";
import type { PageTimes } from "./browser-probe.ts";

/** 600 tokens that make 57 KB. */
const tokensPerAnswer = 600;
const charsPerToken = 95;

export interface StreamPace {
  readonly tokensPerSecond: number;
  /** More than an answer has: one answer after the other. */
  readonly tokens: number;
}

/** One answer of 600 tokens. */
export const tokensOfOneAnswer = tokensPerAnswer;

/**
 * Streams into the page's chat as a host in another process does: each token comes as a task of its own, when it is due
 * or, in a page that is busy, as soon as it can. Resolves when the last one is shown.
 */
export async function streamAnswers(page: Page, pace: StreamPace): Promise<PageTimes> {
  const text = sampleAnswer(tokensPerAnswer * charsPerToken);
  return page.evaluate(streamInPage, { ...pace, text, charsPerToken, tokensPerAnswer });
}

interface StreamInput extends StreamPace {
  readonly text: string;
  readonly charsPerToken: number;
  readonly tokensPerAnswer: number;
}

/** Runs in the page. */
async function streamInPage(input: StreamInput): Promise<PageTimes> {
  const { chat } = window.scripted;
  const clock = `onmessage = ({ data: { tokens, tokensPerSecond } }) => {
    const startedMs = performance.now();
    let sent = 0;
    const send = () => {
      const due = Math.min(tokens, Math.ceil(((performance.now() - startedMs) * tokensPerSecond) / 1000));
      while (sent < due) postMessage(sent++);
      if (sent < tokens) setTimeout(send, 1);
    };
    send();
  };`;
  const host = new Worker(URL.createObjectURL(new Blob([clock], { type: "text/javascript" })));
  const createdAtMs = 1_790_000_000_000;
  const show = (token: number): void => {
    const answer = Math.floor(token / input.tokensPerAnswer);
    const inAnswer = token % input.tokensPerAnswer;
    const id = `a${answer}`;
    const isLast = inAnswer === input.tokensPerAnswer - 1;
    const { activeMessageId: _, ...state } = chat.getState();
    const messages = [...state.messages];
    if (inAnswer === 0) {
      const status = { kind: "answered" } as const;
      messages.push({ role: "user", id: `q${answer}`, text: `Question ${answer}`, createdAtMs, status });
    } else messages.pop();
    messages.push({
      role: "assistant",
      id,
      replyTo: `q${answer}`,
      parts: [{ kind: "text", text: input.text.slice(0, (inAnswer + 1) * input.charsPerToken) }],
      status: isLast ? "done" : "streaming",
      replayed: false,
      createdAtMs,
    });
    chat.setState({ ...state, messages, ...(isLast ? {} : { activeMessageId: id }) }, true);
  };
  window.benchProbe.start();
  await new Promise<void>((resolve) => {
    host.addEventListener("message", ({ data: token }: MessageEvent<number>) => {
      show(token);
      if (token === input.tokens - 1) resolve();
    });
    host.postMessage({ tokens: input.tokens, tokensPerSecond: input.tokensPerSecond });
  });
  host.terminate();
  await new Promise(requestAnimationFrame);
  return window.benchProbe.stop();
}
