import * as z from "zod/mini";
import type { Memory } from "#contract/chat-state.ts";
import type { KeptMemories } from "#contract/commands/memories.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";

export const memorySchema = z.object({ id: z.string(), text: z.string() });
const memoriesSchema = z.object({ remembers: z.boolean(), data: z.array(memorySchema) });
const ROOT = "/v1/memories";

/** What the server remembers of the signed-in account (`/v1/memories`). All methods throw PipitError. */
export function createMemoriesClient(http: HttpClient) {
  const { ask, change } = createJsonApi(http);
  const write = (method: "POST" | "PUT", path: string, text: string, signal: AbortSignal): Promise<Memory> =>
    ask({ method, path, body: JSON.stringify({ text }) }, memorySchema, signal);
  return {
    async memories(signal: AbortSignal): Promise<KeptMemories> {
      const { remembers, data } = await ask({ method: "GET", path: ROOT }, memoriesSchema, signal);
      return { remembers, memories: data };
    },
    async switchMemories(remembers: boolean, signal: AbortSignal): Promise<void> {
      await change({ method: "PUT", path: ROOT, body: JSON.stringify({ remembers }) }, signal);
    },
    addMemory: (text: string, signal: AbortSignal) => write("POST", ROOT, text, signal),
    changeMemory: (id: string, text: string, signal: AbortSignal) =>
      write("PUT", memoryPath(id), text, signal),
    async forgetMemory(id: string, signal: AbortSignal): Promise<void> {
      await change({ method: "DELETE", path: memoryPath(id) }, signal);
    },
    /** Resolves to what says the same where there is such a one by now. */
    restoreMemory: (id: string, signal: AbortSignal): Promise<Memory> =>
      ask({ method: "POST", path: `${memoryPath(id)}/restore` }, memorySchema, signal),
  };
}

function memoryPath(id: string): string {
  return `${ROOT}/${encodeURIComponent(id)}`;
}
