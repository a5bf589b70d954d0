import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { databases } from "#server/testing/databases.ts";
import { keptIn } from "#server/testing/kept-in.ts";
import { contentOf, GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

/** Asks by gRPC; resolves to the `turn` of the answer. */
async function ask({ grpcUrl, accessToken }: TestServer, prompt: string, chatId?: string) {
  using grpc = new GrpcJsClient(grpcUrl);
  const { messages } = await grpc.call(
    StreamingService.method.streamAudio,
    {
      prompt,
      hardwareId: "6FA1B0C2-1111-5222-8333-944455556666",
      speak: false,
      clientMessageId: crypto.randomUUID(),
      chatId,
    },
    { authorization: `Bearer ${accessToken}` },
  );
  return contentOf(messages, "turn");
}

async function remove({ httpUrl, accessToken }: TestServer, path: string): Promise<void> {
  const headers = { authorization: `Bearer ${accessToken}` };
  expect((await fetch(httpUrl + path, { method: "DELETE", headers })).status).toBe(204);
}

describe.each(databases)("a server on $name", ({ openEmpty }) => {
  test("wipes what was deleted right after it has started again", async () => {
    await using stack = new AsyncDisposableStack();
    const home = await mkdtemp(join(tmpdir(), "pipit-purge-"));
    stack.defer(() => rm(home, { recursive: true, force: true }));
    const database = stack.use(await openEmpty());
    const { location } = database;
    const config = "file" in location ? { dataDir: dirname(location.file) } : location;
    {
      await using server = await startTestServer({ home, config });
      const { chatId } = await ask(server, "Where do walruses sleep?");
      await remove(server, `/v1/chats/${chatId}`);
      const kept = await ask(server, "What is 6 * 7?");
      const { turnId } = await ask(server, "And what does a walrus eat?", kept.chatId);
      await remove(server, `/v1/chats/${kept.chatId}/turns/${turnId}`);
      expect(await keptIn(database, ["walrus"])).toEqual(["walrus"]);
    }
    for (const table of ["chats", "turns"]) {
      await database.query(`update ${table} set deleted_at_ms = deleted_at_ms - 10000`);
    }
    stack.use(await startTestServer({ home, config }));
    const words = ["walrus", "What is 6 * 7?"];
    await expect.poll(() => keptIn(database, words)).toEqual(["What is 6 * 7?"]);
  });
});
