import type { Memory } from "#contract/chat-state.ts";
import type { KeptMemories } from "#contract/commands/memories.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { shortId } from "../kit/chat-line.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { messagesFor, type Messages } from "../kit/messages.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";
import { paint, printJson, printLine, printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { withClient } from "../kit/with-client.ts";

interface Flags {
  readonly json?: boolean;
}
type OfOne = Flags & { readonly id: string };
type WithText = Flags & { readonly text: readonly string[] };

/** `pipit memories list`: newest first, one a line. */
export function list({ json }: Flags, deps: CommandDeps): Promise<ExitCode> {
  return withMemories(deps, async ({ history, words, signal }) => {
    const { remembers, memories } = await history.memories(signal);
    for (const memory of memories) {
      if (json === true) printJson(deps.terminal, memory);
      else printLine(deps.terminal, paint("dim", `${shortId(memory)}  `), memory.text);
    }
    if (memories.length === 0) printNote(deps.terminal, words.none);
    if (!remembers) printNote(deps.terminal, words.off);
    return exitCodes.done;
  });
}

/** `pipit memories show ID`: its text alone. */
export function show({ id, json }: OfOne, deps: CommandDeps): Promise<ExitCode> {
  return withMemories(deps, async ({ history, words, signal }) => {
    const memory = memoryNamed(id, await history.memories(signal), words);
    if (json === true) printJson(deps.terminal, memory);
    else printLine(deps.terminal, memory.text);
    return exitCodes.done;
  });
}

/** `pipit memories add TEXT`. */
export function add({ text, json }: WithText, deps: CommandDeps): Promise<ExitCode> {
  return withMemories(deps, async ({ history, words, signal }) => {
    const memory = await history.addMemory(text.join(" "), signal);
    tell(memory, words.added(memory.text), json, deps);
    if (!(await history.memories(signal)).remembers) printNote(deps.terminal, words.off);
    return exitCodes.done;
  });
}

/** `pipit memories edit ID TEXT`. */
export function edit({ id, text, json }: OfOne & WithText, deps: CommandDeps): Promise<ExitCode> {
  return withMemories(deps, async ({ history, words, signal }) => {
    const before = memoryNamed(id, await history.memories(signal), words);
    const memory = await history.changeMemory(before.id, text.join(" "), signal);
    return tell(memory, words.changed(memory.text), json, deps);
  });
}

/** `pipit memories forget ID`: at once, and for 10 s it can be undone. */
export function forget({ id, json }: OfOne, deps: CommandDeps): Promise<ExitCode> {
  return withMemories(deps, async ({ history, words, signal }) => {
    const memory = memoryNamed(id, await history.memories(signal), words);
    await history.forgetMemory(memory.id, signal);
    // The whole id: what is forgotten cannot be looked for.
    return tell(memory, words.forgotten(memory.text, memory.id), json, deps);
  });
}

/** `pipit memories restore ID`: brings back what was forgotten less than 10 s ago. */
export function restore({ id, json }: OfOne, deps: CommandDeps): Promise<ExitCode> {
  return withMemories(deps, async ({ history, words, signal }) => {
    const memory = await history.restoreMemory(id.toLowerCase(), signal).catch((reason: unknown) => {
      const { code, field } = PipitError.from(reason);
      // With a field it is there, and others have taken its place.
      if (code !== "INVALID_REQUEST" || field !== undefined) throw reason;
      throw new ToldError("USAGE", words.tooLate, { field: "id" });
    });
    return tell(memory, words.restored(memory.text), json, deps);
  });
}

/** `pipit memories on`. */
export function on(_flags: object, deps: CommandDeps): Promise<ExitCode> {
  return switchTo(true, deps);
}

/** `pipit memories off`: what is remembered stays, and no answer knows of it. */
export function off(_flags: object, deps: CommandDeps): Promise<ExitCode> {
  return switchTo(false, deps);
}

function switchTo(remembers: boolean, deps: CommandDeps): Promise<ExitCode> {
  return withMemories(deps, async ({ history, words, signal }) => {
    await history.switchMemories(remembers, signal);
    printNote(deps.terminal, remembers ? words.switchedOn : words.off);
    return exitCodes.done;
  });
}

type Words = Messages["memories"];

interface Context {
  readonly history: Client["history"];
  readonly words: Words;
  readonly signal: AbortSignal;
}

function withMemories(deps: CommandDeps, run: (context: Context) => Promise<ExitCode>): Promise<ExitCode> {
  const words = messagesFor(deps.config.locale).memories;
  return withClient(deps, ({ history }, signal) => run({ history, words, signal }));
}

function tell(memory: Memory, text: string, json: boolean | undefined, { terminal }: CommandDeps): ExitCode {
  if (json === true) printJson(terminal, memory);
  else for (const line of text.split("\n")) printNote(terminal, line);
  return exitCodes.done;
}

/** The memory with this id, or the only one whose id begins so. */
function memoryNamed(name: string, { memories }: KeptMemories, words: Words): Memory {
  const start = name.toLowerCase();
  const [memory, another] = memories.filter(({ id }) => start !== "" && id.startsWith(start));
  if (memory === undefined) throw new ToldError("USAGE", words.unknown(name), { field: "id" });
  if (another !== undefined) throw new ToldError("USAGE", words.several(name), { field: "id" });
  return memory;
}
