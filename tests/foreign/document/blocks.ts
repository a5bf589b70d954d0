/** A step of a document: a command as a person types it, and what it answers. */
export interface DocumentStep {
  /** Line of the document on which the command begins. */
  readonly line: number;
  /** "server": runs beside all others, until the end. */
  readonly kind: "command" | "server";
  readonly script: string;
  readonly answer: DocumentAnswer | undefined;
}

export interface DocumentAnswer {
  readonly line: number;
  /** "http": status line, headers and body, as curl prints them with -i. "text": lines on standard output. */
  readonly kind: "http" | "text";
  readonly text: string;
}

interface Fence {
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

/**
 * All fenced blocks of a document. `sh` is a command, `sh server` one that goes on; the `http` or `text` block after a
 * command is its answer. Throws on any other block: what this test does not run may be untrue.
 */
export function readDocument(text: string): readonly DocumentStep[] {
  const steps: DocumentStep[] = [];
  for (const { line, info, text: content } of fencesOf(text)) {
    const last = steps.at(-1);
    if (info === "sh" || info === "sh server") {
      steps.push({
        line,
        kind: info === "sh" ? "command" : "server",
        script: content,
        answer: undefined,
      });
    } else if ((info === "http" || info === "text") && last !== undefined && last.answer === undefined) {
      steps[steps.length - 1] = { ...last, answer: { line, kind: info, text: content } };
    } else {
      throw new Error(`line ${line}: a block "${info}" that no command stands before, or that is not run`);
    }
  }
  return steps;
}

function fencesOf(text: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { line: index + 1, info: (fence[1] ?? "").trim(), lines: [] };
    else {
      fences.push({ line: open.line, info: open.info, text: open.lines.join("\n") });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: a block without an end`);
  return fences;
}
