import { expect, test } from "vitest";
import { createHistoryClient } from "#engine/history/history-client.ts";
import type { HttpClient } from "#engine/ports.ts";
import { startTestServer } from "../start-test-server.ts";

test("a client keeps, changes, forgets and brings back memories, and switches them off", async () => {
  await using server = await startTestServer();
  const http: HttpClient = {
    async request({ method, path, headers, body }) {
      const authorization = `Bearer ${server.accessToken}`;
      const response = await fetch(server.httpUrl + path, {
        method,
        headers: { ...headers, authorization },
        ...(body !== undefined && { body }),
      });
      return { status: response.status, headers: {}, body: await response.text() };
    },
  };
  const client = createHistoryClient(http);
  const { signal } = new AbortController();
  const texts = async () => (await client.memories(signal)).memories.map(({ text }) => text);
  const { id } = await client.addMemory("  I live\nin Lisbon ", signal);
  expect(await client.addMemory("I live in LISBON.", signal)).toEqual({ id, text: "I live in Lisbon" });
  await client.changeMemory(id, "I live in Porto", signal);
  expect(await texts()).toEqual(["I live in Porto"]);
  await client.forgetMemory(id, signal);
  expect(await texts()).toEqual([]);
  await expect(client.forgetMemory(id, signal)).rejects.toMatchObject({
    message: "There is no such memory.",
  });
  await client.restoreMemory(id, signal);
  await client.switchMemories(false, signal);
  expect(await client.memories(signal)).toEqual({
    remembers: false,
    memories: [{ id, text: "I live in Porto" }],
  });
  await expect(client.addMemory(" ", signal)).rejects.toMatchObject({ field: "text" });
  await expect(client.addMemory("x".repeat(301), signal)).rejects.toMatchObject({ field: "text" });
});
