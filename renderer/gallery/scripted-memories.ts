import type { Memory } from "#contract/chat-state.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

/** A host that remembers three things, and what is done with them. */
export function keepMemories(bridge: ScriptedBridge): void {
  let remembers = true;
  let memories: readonly Memory[] = [
    { id: "m1", text: "Always answer in metric units" },
    { id: "m2", text: "Мою собаку зовут Рекс" },
    { id: "m3", text: "I live in Lisbon" },
  ];
  let forgotten: readonly Memory[] = [];
  const { answers } = bridge;
  answers.listMemories = () => ({ remembers, memories });
  answers.switchMemories = (input) => {
    ({ remembers } = input as { remembers: boolean });
  };
  answers.addMemory = (input) => {
    const { text } = input as { text: string };
    const memory = { id: `m${memories.length + 10}`, text };
    memories = [memory, ...memories];
    return memory;
  };
  answers.changeMemory = (input) => {
    const { memoryId: id, text } = input as { memoryId: string; text: string };
    memories = memories.map((one) => (one.id === id ? { id, text } : one));
    return { id, text };
  };
  answers.forgetMemory = (input) => {
    const { memoryId } = input as { memoryId: string };
    forgotten = memories.filter(({ id }) => id === memoryId);
    memories = memories.filter(({ id }) => id !== memoryId);
  };
  answers.restoreMemory = () => {
    memories = [...forgotten, ...memories];
  };
}
