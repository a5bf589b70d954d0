import { useEffect, useState } from "react";
import type { Memory } from "#contract/chat-state.ts";
import type { KeptMemories } from "#contract/commands/memories.ts";
import { RESTORE_MS } from "#contract/limits.ts";
import { useAction } from "../bridge/use-action.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";

/** The list of the account, read when it is shown, and what is done with it. Undefined until it is read. */
export function useMemories() {
  const { commands } = useBridge();
  const [kept, setKept] = useState<KeptMemories>();
  const [forgotten, setForgotten] = useState<Memory>();
  const { busy, error, run } = useAction();
  const read = async (): Promise<void> => setKept(await commands.listMemories());
  // Another device may change them, and an answer may add to them.
  const changed = useApp((state) => state.changed?.memories);
  useEffect(() => {
    void run(read);
  }, [changed]);
  useEffect(() => {
    if (forgotten === undefined) return;
    const timer = setTimeout(() => setForgotten(undefined), RESTORE_MS);
    return () => clearTimeout(timer);
  }, [forgotten]);
  const act = (work: () => Promise<unknown>): Promise<boolean> =>
    run(async () => {
      try {
        await work();
      } catch (reason) {
        // Another tab or device may have changed or forgotten it.
        await read().catch(() => undefined);
        throw reason;
      }
      await read();
    });
  return {
    kept,
    busy,
    error,
    reload: () => void run(read),
    switch: (remembers: boolean) => act(() => commands.switchMemories({ remembers })),
    add: (text: string) => act(() => commands.addMemory({ text })),
    change: (memoryId: string, text: string) => act(() => commands.changeMemory({ memoryId, text })),
    async forget(memory: Memory) {
      if (await act(() => commands.forgetMemory({ memoryId: memory.id }))) setForgotten(memory);
    },
    /** Brings back what was forgotten last; absent when it is too late. */
    undo:
      forgotten === undefined
        ? undefined
        : () => {
            setForgotten(undefined);
            void act(() => commands.restoreMemory({ memoryId: forgotten.id }));
          },
  };
}
