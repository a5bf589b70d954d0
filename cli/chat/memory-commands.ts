import { printLine, printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import type { SlashCommand } from "./slash-commands.ts";

/** What the assistant remembers of the person, by number, newest first. */
export const memoryCommands: Readonly<Record<string, SlashCommand>> = {
  async memories(_argument, { client, terminal, messages }, signal) {
    const { remembers, memories } = await client.history.memories(signal);
    if (memories.length === 0) printLine(terminal, messages.memories.none);
    for (const [index, { text }] of memories.entries()) printLine(terminal, `${index + 1}. ${text}`);
    if (!remembers) printNote(terminal, messages.memories.off);
  },
  async remember(argument, { client, terminal, messages }, signal) {
    if (argument === "") return printLine(terminal, messages.missingArgument("/remember <text>"));
    const { text } = await client.history.addMemory(argument, signal);
    printLine(terminal, messages.memories.added(text));
    if (!(await client.history.memories(signal)).remembers) printNote(terminal, messages.memories.off);
  },
  async forget(argument, { client, terminal, messages }, signal) {
    if (!/^\d+$/u.test(argument)) return printLine(terminal, messages.missingArgument("/forget <n>"));
    const { memories } = await client.history.memories(signal);
    const memory = memories[Number(argument) - 1];
    if (memory === undefined)
      throw new ToldError("INVALID_REQUEST", messages.memories.noNumber(memories.length));
    await client.history.forgetMemory(memory.id, signal);
    for (const line of messages.memories.forgotten(memory.text, memory.id).split("\n"))
      printLine(terminal, line);
  },
};
