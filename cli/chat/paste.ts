import { EventEmitter } from "node:events";
import { emitKeypressEvents, type Key } from "node:readline";
import type { Terminal } from "../kit/terminal.ts";

/** DECSET 2004: the terminal marks what is pasted, so that a line feed in it is no Enter. */
const PASTE_ON = "\u001B[?2004h";
const PASTE_OFF = "\u001B[?2004l";
/** A key that follows the end of a paste so soon was no key press. */
const TYPED_AFTER_MS = 30;

/** The line editor holds one line: what it cannot hold stands in it as a private character (plane 15), one column wide. */
const PRIVATE_BASE = 0xf_00_00;
const held = /[\u{F0000}-\u{F2FFF}]/gu;

/** A question as the line editor holds it. */
function toEditor(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) =>
      String.fromCodePoint(PRIVATE_BASE + character.charCodeAt(0)),
    );
}

/** What the line editor holds, as it was pasted. */
export function fromEditor(line: string): string {
  return line.replaceAll(held, (character) => String.fromCodePoint(codeOf(character)));
}

/** What the line editor writes, as a person sees it: a line feed as ↵, other controls as their pictures. */
export function editorShown(text: string): string {
  return text.replaceAll(held, (character) => {
    const code = codeOf(character);
    if (code === 0x0a) return "↵";
    return code < 0x20 ? String.fromCodePoint(0x24_00 + code) : "�";
  });
}

function codeOf(character: string): number {
  return (character.codePointAt(0) ?? PRIVATE_BASE) - PRIVATE_BASE;
}

interface KeyPress {
  readonly text: string | undefined;
  readonly key: Key;
}

/**
 * The keys of a terminal for `readline.createInterface`, with each paste as one insertion. A paste that holds the end
 * mark goes on to its last one: what follows a mark at once was not typed, and must not press Enter.
 */
export function createPasteInput({ stdin, stdout }: Terminal) {
  const keys = Object.assign(new EventEmitter(), {
    resume: () => stdin.resume(),
    pause: () => stdin.pause(),
    setRawMode: (on: boolean) => (stdin as Partial<NodeJS.ReadStream>).setRawMode?.(on),
  });
  let pasted: string | undefined;
  let after: KeyPress[] | undefined;
  let timer: NodeJS.Timeout | undefined;

  const finish = (): void => {
    const text = toEditor(pasted ?? "");
    const typed = after ?? [];
    pasted = after = undefined;
    if (text !== "") keys.emit("keypress", text, { name: undefined, sequence: text });
    for (const press of typed) take(press);
  };
  const take = (press: KeyPress): void => {
    const { name, sequence = press.text ?? "" } = press.key;
    if (pasted === undefined) {
      if (name === "paste-start") pasted = "";
      else keys.emit("keypress", press.text, press.key);
    } else if (name === "paste-end") {
      pasted += (after ?? []).map(({ text, key }) => key.sequence ?? text ?? "").join("");
      after = [];
      clearTimeout(timer);
      timer = setTimeout(finish, TYPED_AFTER_MS);
    } else if (after === undefined) pasted += sequence;
    else after.push(press);
  };
  const onKey = (text: string | undefined, key: Key): void => take({ text, key });
  const onEnd = (): void => {
    if (after !== undefined) finish();
    keys.emit("end");
  };
  emitKeypressEvents(stdin);
  stdin.on("keypress", onKey).on("end", onEnd);
  const marks = markPastes(stdout, () => void keys.setRawMode(false));
  return {
    /** For `createInterface`, which reads only the events of its input. */
    input: keys as unknown as NodeJS.ReadableStream,
    [Symbol.dispose](): void {
      clearTimeout(timer);
      stdin.off("keypress", onKey).off("end", onEnd);
      marks[Symbol.dispose]();
    },
  };
}

/** Switches the marks on, and off again however this process ends or pauses: the shell after it may not know them. */
function markPastes(stdout: Terminal["stdout"], cook: () => void): Disposable {
  const on = (): boolean => stdout.write(PASTE_ON);
  const off = (): boolean => stdout.write(PASTE_OFF);
  const suspend = (): void => {
    off();
    process.kill(process.pid, "SIGSTOP");
  };
  const die = (signal: NodeJS.Signals): void => {
    off();
    cook();
    process.off(signal, die);
    process.kill(process.pid, signal);
  };
  process.on("exit", off).on("SIGCONT", on).on("SIGTSTP", suspend).on("SIGTERM", die).on("SIGHUP", die);
  on();
  return {
    [Symbol.dispose]() {
      process
        .off("exit", off)
        .off("SIGCONT", on)
        .off("SIGTSTP", suspend)
        .off("SIGTERM", die)
        .off("SIGHUP", die);
      off();
    },
  };
}
