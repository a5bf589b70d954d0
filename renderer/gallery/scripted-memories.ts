import type { Memory } from "#contract/chat-state.ts";
import type { MemoryChange } from "#engine/chat/answer.ts";
import { reduceChat } from "#engine/chat/reducer.ts";
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
  /** As the engine does: it stands below an answer, too. */
  const show = (id: string, change: MemoryChange) =>
    bridge.chat.setState((state) => reduceChat(state, { type: "memory", id, change }), true);
  answers.changeMemory = (input) => {
    const { memoryId: id, text } = input as { memoryId: string; text: string };
    memories = memories.map((one) => (one.id === id ? { id, text } : one));
    show(id, { text });
    return { id, text };
  };
  answers.forgetMemory = (input) => {
    const { memoryId } = input as { memoryId: string };
    forgotten = memories.filter(({ id }) => id === memoryId);
    memories = memories.filter(({ id }) => id !== memoryId);
    show(memoryId, { forgotten: true });
  };
  answers.restoreMemory = () => {
    memories = [...forgotten, ...memories];
    for (const { id } of forgotten) show(id, { forgotten: false });
  };
}
