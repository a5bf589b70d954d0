import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { WireClient } from "#tests/doubles/wire-client.ts";
import { contentOf } from "../server-clients.ts";
import { startTestServer } from "../start-test-server.ts";
import { asked } from "../streaming/streaming-stage.ts";

test("a server writes what was said and changed by itself, and a profile with each change of it", async () => {
  await using stack = new AsyncDisposableStack();
  const model = stack.use(await startOpenAiDouble(() => stream(say("Cold."))));
  const server = stack.use(
    await startTestServer({
      config: { model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" } },
      memoryFiles: true,
    }),
  );
  const folder = join(server.dataDir, "memory");
  const http = async (method: string, path: string, sent?: object) => {
    const authorization = `Bearer ${server.accessToken}`;
    const json = sent && { "content-type": "application/json" };
    const body = sent && { body: JSON.stringify(sent) };
    const response = await fetch(server.httpUrl + path, {
      method,
      headers: { authorization, ...json },
      ...body,
    });
    expect(response.ok).toBe(true);
    return response;
  };
  const text = (path: string): Promise<string> => readFile(join(folder, path), "utf8").catch(() => "");

  using client = new WireClient(server.grpcUrl, server.accessToken);
  const answer = client.stream(asked("What is the weather?"));
  await answer.status;
  const { chatId } = contentOf(answer.messages, "turn");
  await expect.poll(() => readdir(join(folder, "chats")).catch(() => [])).toHaveLength(1);
  const [userId = ""] = await readdir(join(folder, "chats"));
  await expect
    .poll(() => text(`chats/${userId}/${chatId}.md`))
    .toMatch(/: What is the weather\?\n\n\[.*: Cold\.\n$/u);
  await http("PUT", `/v1/chats/${chatId}`, { title: "Snow" });
  await expect.poll(() => text(`chats/${userId}/${chatId}.md`)).toContain("Title: Snow\n");
  await http("DELETE", `/v1/chats/${chatId}`);
  await expect.poll(() => readdir(join(folder, "chats", userId))).toEqual([]);

  await http("PUT", "/auth/profile", { display_name: "Ann", about: "# Roses" });
  await expect
    .poll(() => text(`users/${userId}/user.md`))
    .toMatch(/\*\*Display Name:\*\* Ann\n[^]*## About\n\n    # Roses\n/u);
  // The model is told too, as data.
  await client.stream(asked("Who am I?")).status;
  const [system] = model.requests.at(-1)?.messages ?? [];
  expect(system?.content).toMatch(/\n<(person-[0-9a-f]{16})>\nname: "Ann"\n# Roses\n<\/\1>$/u);
  expect(JSON.stringify(model.requests[0])).not.toContain("person-");
  expect(await (await http("GET", "/health")).json()).toMatchObject({ memory_files: "written" });
});
