import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { gate, refuse, say, stream, type ChatRequest, type Reply } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { WireClient } from "#tests/doubles/wire-client.ts";
import { startTestServer } from "../start-test-server.ts";

const isAside = ({ prompt }: ChatRequest): boolean => prompt.startsWith("<message-");
const textsOf = (request: ChatRequest | undefined): string => JSON.stringify(request?.messages);
const found = (answer: unknown): Reply => stream(say("```json\n", JSON.stringify(answer), "\n```"));

/** A server on a database that asks its model for titles and memories; `asides` answers the next ones in order. */
async function openStage(database: "SQLite" | "PostgreSQL") {
  await using starting = new AsyncDisposableStack();
  const asides: Reply[] = [];
  let answer = stream(say("Sure."));
  const model = starting.use(
    await startOpenAiDouble((request) => (isAside(request) ? (asides.shift() ?? stream(say("{}"))) : answer)),
  );
  const server = starting.use(
    await startTestServer({
      database,
      config: {
        model: { url: model.url, ollamaUrl: "http://127.0.0.1:9" },
        aside: { titles: true, memories: true },
      },
    }),
  );
  const client = starting.use(new WireClient(server.grpcUrl, server.accessToken));
  const own = `Bearer ${server.accessToken}`;
  async function api(method: string, path: string, body?: object, authorization = own) {
    const response = await fetch(server.httpUrl + path, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return (response.status === 204 ? undefined : await response.json()) as Record<string, unknown>;
  }
  const owned = starting.move();
  return {
    model,
    asides,
    api,
    httpUrl: server.httpUrl,
    asked: () => model.requests.filter(isAside),
    /** What the answer says from now on. */
    answerWith(reply: Reply) {
      answer = reply;
    },
    ask: (prompt: string, more: object = {}) =>
      client.stream({
        prompt,
        hardwareId: "mac",
        speak: false,
        clientMessageId: crypto.randomUUID(),
        ...more,
      }),
    async remembered() {
      const { data } = (await api("GET", "/v1/memories")) as { data: readonly { text: string }[] };
      return data.map(({ text }) => text);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Stage = Awaited<ReturnType<typeof openStage>>;
type Call = ReturnType<Stage["ask"]>;

/** Waits for the end; resolves to what came, and to the chat. */
async function ended(call: Call) {
  expect((await call.status).details).toBe("");
  const said = call.messages.map(({ content }) => content);
  const turn = said.find((content) => content.case === "turn");
  const { chatId = "", turnId = "" } = turn?.value ?? {};
  const of = (kind: string) =>
    said.flatMap((content) => (content.case === kind ? [content.value as unknown] : []));
  return { chatId, turnId, titles: of("title"), remembered: of("remembered") };
}

const titleOf = async ({ api }: Stage, chatId: string) => (await api("GET", `/v1/chats/${chatId}`))["title"];

describe.each(databases)("beside an answer, on $name", ({ name }) => {
  test("[22] one call finds a title and what the person said of themselves, while the answer streams or after it", async () => {
    await using stage = await openStage(name);
    const { asides, ask, model, api } = stage;
    const half = gate();
    stage.answerWith(stream(say("Welcome"), half.step, say(" there.")));
    asides.push(found({ title: "Moving to Lisbon", remember: ["I live in Lisbon", "I am an admin"] }));
    const files = [
      { name: "a.txt", mediaType: "text/plain", sizeBytes: 9n, text: "I hate all tea", cut: false },
    ];
    const call = ask("Hello! I live in Lisbon. What now?", { files });
    // They come while the answer is still being said.
    await call.until((messages) => messages.some(({ content }) => content.case === "remembered"));
    half.open();
    const first = await ended(call);
    expect(first.titles).toEqual(["Hello! I live in Lisbon. What now?", "Moving to Lisbon"]);
    expect(first.remembered).toMatchObject([{ turnId: first.turnId, text: "I live in Lisbon" }]);
    expect(await stage.remembered()).toEqual(["I live in Lisbon"]);
    expect(await titleOf(stage, first.chatId)).toBe("Moving to Lisbon");
    // It sees nothing but the message: no file, no answer, no prompt of ours.
    expect(textsOf(stage.asked()[0])).not.toMatch(/hate all tea|Welcome|menu bar/u);

    // One that takes longer than the answer holds nothing up, and is told with the next answer.
    stage.answerWith(stream(say("Sure.")));
    const late = gate();
    asides.push(stream(late.step, say('{"title": "Not again", "remember": ["I always want metric units"]}')));
    const second = await ended(ask("I always want metric units.", { chatId: first.chatId }));
    expect(second.remembered).toMatchObject([{ text: "I live in Lisbon" }]);
    late.open();
    await expect.poll(() => stage.remembered()).toContain("I always want metric units");
    // It stands at its answer by then, wherever the chat is read again; but no key reads it.
    const read = async (authorization?: string) => {
      const { data } = await api("GET", `/v1/chats/${first.chatId}/messages`, undefined, authorization);
      return (data as readonly { turn_id: string; remembered?: readonly { text: string }[] }[]).flatMap(
        ({ turn_id: turnId, remembered = [] }) => remembered.map(({ text }) => [turnId, text]),
      );
    };
    expect(await read()).toEqual([
      [first.turnId, "I live in Lisbon"],
      [second.turnId, "I always want metric units"],
    ]);
    const { key } = await api("POST", "/v1/api-keys", { name: "reader", scope: "api:read" });
    expect(await read(`Bearer ${String(key)}`)).toEqual([]);
    const third = await ended(ask("How far is the moon?", { chatId: first.chatId }));
    expect(third.remembered).toMatchObject([{ turnId: second.turnId, text: "I always want metric units" }]);
    expect(await titleOf(stage, first.chatId)).toBe("Moving to Lisbon");
    expect(stage.asked()).toHaveLength(2);

    // All chats know it but temporary ones, of which nothing is asked either.
    const told = () => textsOf(model.requests.findLast((request) => !isAside(request)));
    expect(told()).toContain("I live in Lisbon");
    await ended(ask("Do I like my cat Ada?", { temporary: true }));
    expect(told()).not.toContain("Lisbon");
    expect(stage.asked()).toHaveLength(2);

    // So does none once it is switched off, and what is forgotten.
    await api("PUT", "/v1/memories", { remembers: false });
    await ended(ask("I like my dog too.", { chatId: first.chatId }));
    expect(told()).not.toMatch(/memories-|Do I like/u);
    expect(stage.asked()).toHaveLength(2);
  });

  test("what a model makes of it otherwise changes nothing, and a title by hand is kept", async () => {
    await using stage = await openStage(name);
    const { asides, ask, api } = stage;
    const unkind: readonly Reply[] = [
      refuse(500, "Out of order"),
      stream(say("I'm sorry, I can't help with that.")),
      stream(say("x".repeat(1_048_576))),
      found({ title: "I'm sorry, I cannot", remember: ["My boss is a crook", "I hate my job", "ignore"] }),
      { kind: "stream", steps: [{ kind: "cut" }] },
      stream(say("<think>", "What now?", "</think>")),
    ];
    const chatIds: string[] = [];
    for (const reply of unkind) {
      asides.push(reply);
      const asked = stage.asked().length;
      const { chatId } = await ended(ask("I like my roses\n> I hate my job"));
      await expect.poll(() => stage.asked()).toHaveLength(asked + 1);
      await stage.asked()[asked]?.over;
      chatIds.push(chatId);
    }
    // All that said anything are counted, beside as many answers: the one that came to nothing, too.
    const answers = unkind.length * 2 - 2;
    await expect.poll(async () => (await api("GET", "/v1/usage"))["total"]).toMatchObject({ answers });

    const late = gate();
    asides.push(stream(late.step, say('{"title": "The model\'s", "remember": ["I like my roses"]}')));
    const { chatId } = await ended(ask("I like my roses"));
    await api("PUT", `/v1/chats/${chatId}`, { title: "Mine" });
    late.open();
    await expect.poll(() => stage.remembered()).toEqual(["I like my roses"]);
    expect(await titleOf(stage, chatId)).toBe("Mine");
    for (const id of chatIds) expect(await titleOf(stage, id)).toBe("I like my roses > I hate my job");
  });
});

test("a model server that hangs holds three calls of an account, and a key is told nothing that is remembered", async () => {
  await using stage = await openStage("SQLite");
  const { asides, ask, api, model } = stage;
  const held = [gate(), gate(), gate()];
  asides.push(...held.map(({ step }) => stream(step, say("{}"))));
  for (const n of [0, 1, 2]) {
    await ended(ask(`I like my roses ${n}`));
    await expect.poll(() => stage.asked()).toHaveLength(n + 1);
  }
  await ended(ask("I like my roses 3"));
  held[0]?.open();
  await stage.asked()[0]?.over;
  const askedAgain = async () => {
    await ended(ask("I like my roses, too"));
    return stage.asked().length;
  };
  await expect.poll(askedAgain).toBeGreaterThan(3);
  expect(textsOf(stage.asked()[3])).toContain("I like my roses, too");
  for (const { open } of held) open();

  await api("POST", "/v1/memories", { text: "I live in Lisbon" });
  await ended(ask("Hello!"));
  const told = () => textsOf(model.requests.findLast((request) => !isAside(request)));
  expect(told()).toContain("I live in Lisbon");
  const { key } = await api("POST", "/v1/api-keys", { name: "script", scope: "api:write" });
  const completion = await fetch(`${stage.httpUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${String(key)}`, "content-type": "application/json" },
    body: JSON.stringify({ store: true, messages: [{ role: "user", content: "What do you know of me?" }] }),
  });
  expect(completion.status).toBe(200);
  expect(told()).toContain("What do you know of me?");
  expect(told()).not.toContain("Lisbon");
});

test("the stop of the server ends the call", async () => {
  const stage = await openStage("SQLite");
  stage.asides.push({ kind: "silent" });
  await ended(stage.ask("I like my roses"));
  await expect.poll(() => stage.asked()).toHaveLength(1);
  const [call] = stage.asked();
  await stage[Symbol.asyncDispose]();
  expect(await call?.over).toBe("aborted");
});
