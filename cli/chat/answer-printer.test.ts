import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { messagesFor } from "../kit/messages.ts";
import type { Terminal } from "../kit/terminal.ts";
import { createMarkdownScreen } from "../markdown/markdown-screen.ts";
import { createAnswerPrinter } from "./answer-printer.ts";

function setup({ oneScreen = false } = {}) {
  const stdout = Object.assign(new PassThrough(), { isTTY: oneScreen });
  const stderr = Object.assign(new PassThrough(), { isTTY: oneScreen });
  const terminal: Terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    colour: false,
    ...(oneScreen ? { openMarkdown: createMarkdownScreen } : {}),
  };
  const printer = createAnswerPrinter(terminal, messagesFor("en"));
  const read = (stream: PassThrough): string => String(stream.read() ?? "");
  return {
    printer,
    out: () => read(stdout),
    err: () => read(stderr),
    say: (messageId: string, event: ChatEvent, attempt = 1) => printer.event({ messageId, attempt, event }),
  };
}

const text = (value: string): ChatEvent => ({ type: "text", text: value });

describe("the answer printer", () => {
  test("writes text as it comes and ends the line", () => {
    const { say, out, printer } = setup();
    say("a", text("Hel"));
    expect(out()).toBe("Hel");
    say("a", text("lo"));
    expect(out()).toBe("lo");
    printer.settled("a");
    expect(out()).toBe("\n");
  });

  test("prints tools, notices and the closing note on stderr", () => {
    const { say, out, err, printer } = setup();
    say("a", { type: "tool", callId: "1", name: "calculator", state: "started", summary: "" });
    say("a", { type: "tool", callId: "1", name: "calculator", state: "done", summary: "2 + 2 = 4" });
    say("a", { type: "notice", code: "NO_VOICE", text: "No voice." });
    say("a", { type: "remembered", turnId: "t", memoryId: "m", text: "I live in Lisbon" });
    printer.settled("a", "(stopped)");
    expect(err()).toBe("· 2 + 2 = 4\n! No voice.\n* Remembered: I live in Lisbon\n(stopped)\n");
    expect(out()).toBe("");
  });

  test("begins a line for a tool in the middle of one, where both streams are one screen", () => {
    for (const oneScreen of [true, false]) {
      const { say, out, err } = setup({ oneScreen });
      const done = { type: "tool", callId: "1", name: "calculator", state: "done" } as const;
      say("a", { ...done, summary: "1" });
      expect(err()).toBe("· 1\n");
      say("a", text("So"));
      say("a", { ...done, summary: "2" });
      expect([out(), err()]).toEqual([oneScreen ? "So\n" : "So", "· 2\n"]);
      say("a", text(" far.\n"));
      say("a", { ...done, summary: "3" });
      expect(err()).toBe("· 3\n");
    }
  });

  const thought = (value: string, takesText = false): ChatEvent => ({
    type: "reasoning",
    text: value,
    takesText,
  });

  test("F13: reasoning is for people who watch: dim on their screen, and never on stdout", () => {
    for (const oneScreen of [true, false]) {
      const { say, out, err, printer } = setup({ oneScreen });
      say("a", thought("Hm"));
      say("a", thought("."));
      expect(err()).toBe(oneScreen ? "Hm." : "");
      say("a", text("Yes."));
      expect(err()).toBe(oneScreen ? "\n\n" : "");
      printer.settled("a");
      expect(out()).toBe("Yes.\n");
    }
  });

  test("F13: text that turns out to be reasoning is marked where it ends", () => {
    const { say, out, err, printer } = setup({ oneScreen: true });
    say("a", text("The user greets me."));
    say("a", thought("", true));
    say("a", text("Hello!"));
    printer.settled("a");
    expect(err()).toBe("(the text above was reasoning; the answer follows)\n");
    expect(out()).toBe("The user greets me.\nHello!\n");
  });

  test("F4: what a model, a tool or an error says controls no terminal; in a pipe the answer is as it was", () => {
    const evil = "\u001B]52;c;aGk=\u0007\u009B2J";
    const shown = "\\u{1b}]52;c;aGk=\\u{7}\\u{9b}2J";
    for (const oneScreen of [true, false]) {
      const { say, out, err, printer } = setup({ oneScreen });
      say("a", text(`x${evil}`));
      say("a", { type: "tool", callId: "1", name: "f", state: "failed", summary: evil });
      say("a", { type: "notice", code: "NO_VOICE", text: evil });
      say("a", { type: "reasoning", text: evil, takesText: false });
      printer.settled("a", evil);
      expect(out()).toContain(oneScreen ? `x${shown}` : `x${evil}`);
      expect(err().trim().replaceAll(/\n+/g, "\n")).toBe(
        `✘ ${shown}\n! ${shown}\n${oneScreen ? `${shown}\n` : ""}${shown}`,
      );
    }
  });

  test("does not print again what a repeated answer says again", () => {
    const { say, out } = setup();
    say("a", text("one two "));
    say("a", text("one "), 2);
    say("a", text("two three"), 2);
    expect(out()).toBe("one two three");
  });

  test("starts anew when a repeated answer differs", () => {
    const { say, out, printer } = setup();
    say("a", text("one two"));
    say("a", text("one four"), 2);
    say("a", text(" five"), 2);
    printer.settled("a");
    expect(out()).toBe("one two\n\none four five\n");
  });

  test("U4: an answer of which nothing has come yet holds no other one", () => {
    const { say, out, printer } = setup();
    say("waits", { type: "turn", chatId: "1", turnId: "1", replayed: false });
    say("next", text("Hello."));
    printer.settled("next");
    expect(out()).toBe("Hello.\n");
    say("waits", text("Late."), 2);
    printer.settled("waits");
    expect(out()).toBe("Late.\n");
  });

  test("keeps two answers apart, in the order in which they began", () => {
    const { say, out, printer } = setup();
    say("a", text("first "));
    say("b", text("second"));
    say("a", text("still first"));
    expect(out()).toBe("first still first");
    printer.settled("b");
    expect(out()).toBe("");
    printer.settled("a");
    expect(out()).toBe("\nsecond\n");
  });
});
