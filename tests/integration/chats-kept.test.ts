import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { databases, type TestDatabase } from "#server/testing/databases.ts";
import { keptIn } from "#server/testing/kept-in.ts";
import { faults, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { statusName, WireClient } from "#tests/doubles/wire-client.ts";
import { contentOf } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";
import { asked, hasText, reasonOf } from "./streaming/streaming-stage.ts";

// What becomes of chats over the life of a server, by HTTP and gRPC alone.

/** One person's programs at a server; the model answers "A0", "A1" and so on. */
function programsOf({ grpcUrl, httpUrl, accessToken }: TestServer) {
  return {
    /** Asks, and resolves to the `turn` of the answer once that is complete. */
    async ask(prompt: string, more: { readonly chatId?: string; readonly parentTurnId?: string } = {}) {
      using client = new WireClient(grpcUrl, accessToken);
      const answer = client.stream({ ...asked(prompt), ...more });
      expect(statusName((await answer.status).code)).toBe("OK");
      return contentOf(answer.messages, "turn");
    },
    async http(method: string, path: string, sent?: object): Promise<unknown> {
      const response = await fetch(httpUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(sent !== undefined && { "content-type": "application/json" }),
        },
        ...(sent !== undefined && { body: JSON.stringify(sent) }),
      });
      const text = await response.text();
      return response.ok ? text && JSON.parse(text) : response.status;
    },
  };
}

/** A place in which servers are started one after the other. */
async function openPlace({ openEmpty }: TestDatabase, owner: AsyncDisposableStack) {
  const model = owner.use(await startOpenAiDouble(({ index }) => stream(say(`A${index}`))));
  const home = await mkdtemp(join(tmpdir(), "pipit-chats-"));
  owner.defer(() => rm(home, { recursive: true, force: true }));
  const database = owner.use(await openEmpty());
  const { location } = database;
  const config = {
    ...("file" in location ? { dataDir: dirname(location.file) } : location),
    model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" },
  };
  return { model, database, start: () => startTestServer({ home, config }) };
}

describe.each(databases)("chats on $name", (database) => {
  test("the model gets the shown path, and all stands as before after a restart and a restore", async () => {
    await using stack = new AsyncDisposableStack();
    const { model, start } = await openPlace(database, stack);
    const seen = () =>
      model.requests
        .at(-1)
        ?.messages.slice(1)
        .map(({ content }) => content);
    const first = stack.use(await start());
    const { ask, http } = programsOf(first);
    const { chatId, turnId: one } = await ask("One?");
    const { turnId: two } = await ask("Two?", { chatId });
    expect(seen()).toEqual(["One?", "A0", "Two?"]);
    for (const _ of Array(2)) {
      await ask("Two?", { chatId, parentTurnId: one });
      expect(seen()).toEqual(["One?", "A0", "Two?"]);
    }
    await ask("Three?", { chatId });
    expect(seen()).toEqual(["One?", "A0", "Two?", "A3", "Three?"]);
    await ask("Due?", { chatId, parentTurnId: one });
    expect(seen()).toEqual(["One?", "A0", "Due?"]);
    const path = `/v1/chats/${chatId}`;
    await http("PUT", path, { shown_turn_id: two });
    const chat = await http("GET", path);
    const history = await http("GET", `${path}/messages`);
    expect(JSON.stringify(history)).toMatch(/One\?.*"A0".*Two\?.*"siblings":\[(?:"[^"]+",?){4}\].*"A1"/);
    await first[Symbol.asyncDispose]();

    const again = stack.use(await start());
    const next = programsOf(again);
    expect(await next.http("GET", path)).toEqual(chat);
    expect(await next.http("GET", `${path}/messages`)).toEqual(history);
    await next.ask("Four?", { chatId });
    expect(seen()).toEqual(["One?", "A0", "Two?", "A1", "Four?"]);
    const whole = await next.http("GET", `${path}/messages`);
    await next.http("DELETE", path);
    expect(await next.http("GET", `${path}/messages`)).toBe(404);
    await next.http("POST", `${path}/restore`);
    expect(await next.http("GET", `${path}/messages`)).toEqual(whole);
    await next.ask("Five?", { chatId });
    expect(seen()).toEqual(["One?", "A0", "Two?", "A1", "Four?", "A6", "Five?"]);

    // A server that is alone stops what runs in a chat that is deleted, too.
    model.script(faults.hangHalfWay);
    const client = stack.use(new WireClient(again.grpcUrl, again.accessToken));
    const running = client.stream({ ...asked("Six?"), chatId });
    await running.until(hasText("Half "));
    await next.http("DELETE", path);
    expect(reasonOf(await running.status).reason).toBe("CHAT_NOT_FOUND");
    await next.http("POST", `${path}/restore`);
    const last = { data: [{ status: "stopped", content: { content: [{ text: "Six?" }] } }] };
    await expect.poll(() => next.http("GET", `${path}/messages?limit=1`)).toMatchObject(last);
  });

  test("what was deleted is wiped right after a server has started again", async () => {
    await using stack = new AsyncDisposableStack();
    const { database: kept, start } = await openPlace(database, stack);
    {
      await using server = await start();
      const { ask, http } = programsOf(server);
      const { chatId: gone } = await ask("Where do walruses sleep?");
      await http("DELETE", `/v1/chats/${gone}`);
      const { chatId } = await ask("What is 6 * 7?");
      const { turnId } = await ask("And what does a walrus eat?", { chatId });
      await http("DELETE", `/v1/chats/${chatId}/turns/${turnId}`);
      expect(await keptIn(kept, ["walrus"])).toEqual(["walrus"]);
    }
    for (const table of ["chats", "turns"]) {
      await kept.query(`update ${table} set deleted_at_ms = deleted_at_ms - 10000`);
    }
    stack.use(await start());
    const words = ["walrus", "What is 6 * 7?"];
    await expect.poll(() => keptIn(kept, words)).toEqual(["What is 6 * 7?"]);
  });
});
