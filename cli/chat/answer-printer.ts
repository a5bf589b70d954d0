import type { ChatEvent } from "#contract/chat-event.ts";
import type { EngineEvent } from "#engine/chat/chat-engine-api.ts";
import type { Messages } from "../kit/messages.ts";
import { lineText, paint, printLine, printNote, type Terminal, type TextScreen } from "../kit/terminal.ts";
import { openTextScreen } from "./text-screen.ts";

class Answer {
  screen: TextScreen;
  attempt = 1;
  /** What stands on stdout. */
  shown = "";
  /** How much of `shown` this attempt has said again. */
  position = 0;
  /** Text that waits for its turn on the screen. */
  pending = "";
  /** The pending text does not continue what is shown. */
  anew = false;
  readonly asides: string[] = [];
  /** Reasoning that waits for its turn, and whether the line on the screen is some. */
  thought = "";
  isThinking = false;
  /** What is shown was reasoning: the answer begins below. */
  beginsBelow = false;
  ended = false;
  note: string | undefined;

  constructor(screen: TextScreen) {
    this.screen = screen;
  }
}

/**
 * Makes a printer, which shows answers as they come: the text on stdout, all else dimmed on stderr. When a broken answer is repeated (`attempt` > 1), text that stands on the screen already is not
 * printed again; a repeated answer that differs starts anew below.
 */
export function createAnswerPrinter(terminal: Terminal, messages: Messages) {
  const answers = new Map<string, Answer>();
  const answerOf = (messageId: string): Answer => {
    const answer = answers.get(messageId) ?? new Answer(openTextScreen(terminal));
    answers.set(messageId, answer);
    return answer;
  };
  /** Shows the oldest answer, and the following ones as far as those before them have ended. */
  const advance = (): void => {
    for (const [messageId, answer] of answers) {
      show(terminal, answer);
      if (!answer.ended) return;
      finish(terminal, answer);
      answers.delete(messageId);
    }
  };
  return {
    /**
     * Takes every engine event; answers of other questions wait until the one on show has ended. One of which nothing
     * has come is not on show: it may wait for minutes until the server takes it.
     */
    event({ messageId, attempt, event }: EngineEvent): void {
      if (!isShown(event, terminal)) return;
      const answer = answerOf(messageId);
      if (attempt !== answer.attempt) restart(answer, attempt);
      if (event.type === "text") take(answer, event.text);
      else if (event.type === "tool") answer.asides.push(toolLine(event, messages));
      else if (event.type === "notice") answer.asides.push(`! ${event.text}`);
      else if (event.type === "remembered") answer.asides.push(`* ${messages.memories.added(event.text)}`);
      else {
        if (event.takesText) {
          answer.asides.push(messages.wasReasoning);
          answer.beginsBelow = true;
        }
        answer.thought += event.text;
      }
      advance();
    },
    /** Ends the line on the screen: something else comes below it, and the answer may go on after that. */
    pause(): void {
      for (const answer of answers.values()) {
        if (answer.isThinking) endThought(terminal, answer);
        giveWay(terminal, answer);
      }
    },
    /** This question is settled; `note` (e.g. "(stopped)") is added to the answer on stderr. */
    settled(messageId: string, note?: string): void {
      const answer = answerOf(messageId);
      answer.ended = true;
      answer.note = note;
      advance();
    },
  };
}

type ShownEvent = Extract<ChatEvent, { type: "text" | "tool" | "notice" | "reasoning" | "remembered" }>;

function isShown(event: ChatEvent, terminal: Terminal): event is ShownEvent {
  if (event.type === "tool") return event.state !== "started";
  // Reasoning is for people who watch: a pipe and a file get the answer alone.
  if (event.type === "reasoning") return terminal.stderr.isTTY === true;
  return ["text", "notice", "remembered"].includes(event.type);
}

function restart(answer: Answer, attempt: number): void {
  answer.attempt = attempt;
  answer.position = 0;
  answer.pending = "";
  answer.anew = false;
}

function take(answer: Answer, text: string): void {
  const repeated = answer.shown.slice(answer.position, answer.position + text.length);
  if (text.startsWith(repeated)) {
    answer.position += repeated.length;
    answer.pending += text.slice(repeated.length);
    return;
  }
  answer.pending = answer.shown.slice(0, answer.position) + text;
  answer.anew = true;
  answer.shown = "";
  answer.position = 0;
}

function show(terminal: Terminal, answer: Answer): void {
  if (answer.isThinking && (answer.pending !== "" || answer.asides.length > 0)) endThought(terminal, answer);
  for (const aside of answer.asides.splice(0)) {
    giveWay(terminal, answer);
    printNote(terminal, paint("dim", aside));
  }
  if (answer.beginsBelow) reopen(terminal, answer);
  if (answer.thought !== "") {
    if (!answer.isThinking) giveWay(terminal, answer);
    terminal.stderr.write(lineText(terminal, [paint("dim", answer.thought)], true));
    answer.thought = "";
    answer.isThinking = true;
  }
  if (answer.pending === "") return;
  if (answer.isThinking) endThought(terminal, answer);
  if (answer.anew) {
    reopen(terminal, answer);
    printLine(terminal);
  }
  answer.screen.write(answer.pending);
  answer.shown += answer.pending;
  answer.position = answer.shown.length;
  answer.pending = "";
  answer.anew = false;
}

function endThought(terminal: Terminal, answer: Answer): void {
  terminal.stderr.write("\n\n");
  answer.isThinking = false;
}

function toolLine(event: Extract<EngineEvent["event"], { type: "tool" }>, messages: Messages): string {
  return `${event.state === "failed" ? "✘" : "·"} ${event.summary || messages.toolStarted(event.name)}`;
}

/** Begins a line for something else where both streams are one screen. */
function giveWay(terminal: Terminal, answer: Answer): void {
  if (terminal.stderr.isTTY === true) answer.screen.giveWay();
}

function reopen(terminal: Terminal, answer: Answer): void {
  answer.screen.end();
  answer.screen = openTextScreen(terminal);
  answer.beginsBelow = false;
}

function finish(terminal: Terminal, answer: Answer): void {
  if (answer.isThinking) endThought(terminal, answer);
  answer.screen.end();
  if (answer.note !== undefined) printNote(terminal, paint("yellow", answer.note));
}
