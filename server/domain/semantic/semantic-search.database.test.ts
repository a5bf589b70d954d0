import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { startEmbeddingsDouble, vectorOf, type EmbeddingsDouble } from "#server/testing/embeddings-double.ts";
import { storeWithTurns, type Said } from "#server/testing/search-kit.ts";
import type { TestDatabase } from "#server/testing/databases.ts";
import { SemanticSearch } from "./semantic-search.ts";

/** Of what is said later. */
const late = { chatId: "secret", userId: "user-1", turnId: "late", ownerId: "p", nowMs: 99 };
const question = { clientMessageId: undefined, userText: "rain on Monday", hadImage: false, leaseMs: 1 };
const ending = {
  status: "done",
  assistantText: "",
  reasoning: "",
  model: undefined,
  inputTokens: 0,
  outputTokens: 0,
} as const;
const said: readonly Said[] = [
  { question: "My vehicle does not start", chatId: "garage" },
  { question: "Which physician is near?", chatId: "health" },
  { question: "How long do I cook broth?", chatId: "kitchen" },
  { question: "The automobile of a stranger", chatId: "other", userId: "user-2" },
];

/** A store whose turns are read by a provider on the loopback. */
async function readBy(provider: EmbeddingsDouble, database: TestDatabase, turns = said) {
  await using made = new AsyncDisposableStack();
  const one = made.use(await storeWithTurns(database, turns));
  const open = (model: string) =>
    new SemanticSearch({
      provider: { url: provider.url, key: undefined, settings: "PIPIT_EMBEDDINGS", model },
      vectors: one.store.vectors,
      least: 0.5,
      logger: one.logger,
      everyMs: 10,
    });
  const semantic = made.use(open("small"));
  const all = made.move();
  return {
    ...one,
    open,
    semantic,
    find: async (query: string, options: Parameters<typeof one.find>[1] = {}, by = semantic) => {
      const { userId = "user-1", limit = 10, ...rest } = options;
      const hits = await by.searching(one.store.turns).search(userId, query, { limit, ...rest });
      return hits.map(({ turnId }) => turnId);
    },
    vectors: () => one.query("select count(*) as n from turn_vectors"),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

describe.each(databases)("search by meaning on $name", (database) => {
  test("finds what means the like, in the person's own turns and within the filters, and merges by rank", async () => {
    await using provider = await startEmbeddingsDouble();
    const turns = [...said, { question: "A car wash", chatId: "garage" }, { question: "Rain on Monday" }];
    await using one = await readBy(provider, database, turns);
    await expect.poll(() => one.semantic.state).toBe("ready");
    expect(await one.find("doctor")).toEqual(["turn-1"]);
    expect(await one.find("суп")).toEqual(["turn-2"]);
    expect(await one.find("giraffe")).toEqual([]);
    // By words and by meaning it is first; the other is found by meaning only.
    expect(await one.find("car")).toEqual(["turn-4", "turn-0"]);
    expect(await one.find("car", { userId: "user-2" })).toEqual(["turn-3"]);
    expect(await one.find("car", { userId: "user-3" })).toEqual([]);
    expect(await one.find("car", { limit: 1 })).toEqual(["turn-4"]);
    expect(await one.find("car", { perChat: 1 })).toEqual(["turn-4"]);
    expect(await one.find("doctor", { chatId: "garage" })).toEqual([]);
    expect(await one.find("doctor", { chatId: "health" })).toEqual(["turn-1"]);
    expect(await one.find("doctor", { afterMs: 2 })).toEqual([]);
    expect(await one.find("doctor", { beforeMs: 2 })).toEqual(["turn-1"]);
    expect(await one.find("doctor", { role: "user" })).toEqual([]);
    const before = provider.asked.length;
    expect(await one.find('"car"')).toEqual(["turn-4"]);
    expect(await one.find("car/wash.ts")).toEqual([]);
    expect(provider.asked.slice(before), "what goes by words alone is sent to nobody").toEqual([]);
    expect(provider.asked[0]?.length).toBe(turns.length);
  });

  test("no hit with all words gives its place to one that only means the like", async () => {
    await using provider = await startEmbeddingsDouble();
    const exact = Array.from({ length: 3 }, () => ({ question: "an otter in the soup", chatId: "exact" }));
    await using one = await readBy(provider, database, [
      ...exact,
      { question: "broth" },
      { question: "broth, broth" },
    ]);
    await expect.poll(() => one.semantic.state).toBe("ready");
    expect((await one.find("otter soup", { limit: 3 })).toSorted()).toEqual(["turn-0", "turn-1", "turn-2"]);
    expect(await one.find("otter soup", { limit: 4 })).toHaveLength(4);
  });

  test("what is deleted, or asked again, leaves no vector; what is restored is read again", async () => {
    await using provider = await startEmbeddingsDouble();
    await using one = await readBy(provider, database);
    await expect.poll(one.vectors).toEqual([{ n: 4 }]);
    await one.store.chats.remove("user-1", "health");
    expect(await one.vectors()).toEqual([{ n: 3 }]);
    expect(await one.find("doctor")).toEqual([]);
    await one.store.chats.restore("user-1", "health");
    await expect.poll(() => one.find("doctor")).toEqual(["turn-1"]);
  });

  test("what is said later is read too, but for temporary chats", async () => {
    await using provider = await startEmbeddingsDouble();
    await using one = await readBy(provider, database);
    await expect.poll(() => one.semantic.state).toBe("ready");
    const chat = { userId: "user-1", title: "", createdAtMs: 99, updatedAtMs: 99 };
    await one.store.chats.create({ ...chat, id: "secret", temporary: true });
    await one.store.chats.create({ ...chat, id: "open" });
    for (const turn of [late, { ...late, chatId: "open", turnId: "later" }]) {
      await one.store.turns.begin({ ...turn, ...question });
      await one.store.turns.finish({ ...turn, ...ending });
    }
    await expect.poll(() => one.find("drizzle")).toEqual(["later"]);
    expect(await one.vectors()).toEqual([{ n: 5 }]);
    expect(await one.semantic.backlog()).toBe(0);
    // What is looked for in a temporary chat was said in it.
    expect(await one.find("my secret drizzle", { chatId: "secret" })).toEqual([]);
    expect(provider.asked.flat().filter((text) => text.includes("my secret"))).toEqual([]);
  });

  test("another model has all turns read again, another length of vectors once it is no slip", async () => {
    await using provider = await startEmbeddingsDouble();
    await using one = await readBy(provider, database);
    await expect.poll(() => one.semantic.state).toBe("ready");
    await one.semantic[Symbol.asyncDispose]();
    provider.dimensions = 32;
    const before = provider.asked.length;
    await using next = one.open("large");
    await expect.poll(() => next.state).toBe("ready");
    expect(provider.asked.slice(before).flat()).toHaveLength(4);
    expect(await one.query("select maker from turn_vector_state")).toEqual([{ maker: "large/32" }]);
    expect(await one.find("doctor", {}, next)).toEqual(["turn-1"]);
    // The same name, with another model behind it: the first question tells, and goes by words.
    provider.dimensions = 24;
    expect(await one.find("doctor", {}, next)).toEqual([]);
    await expect.poll(() => one.find("doctor", {}, next)).toEqual(["turn-1"]);
    expect(await one.query("select maker from turn_vector_state")).toEqual([{ maker: "large/24" }]);
  });

  test("a provider that is unkind costs nothing but the meaning, is told of once, and asked again later", async () => {
    await using provider = await startEmbeddingsDouble();
    const json = (body: unknown) => JSON.stringify(body);
    const vectors = (texts: readonly string[], change: (vector: readonly number[]) => unknown) =>
      json({ data: texts.map((text, index) => ({ index, embedding: change(vectorOf(text, 16)) })) });
    const unkind: readonly EmbeddingsDouble["answer"][] = [
      (_, response) => void response.writeHead(429, { "retry-after": "1" }).end("{}"),
      (_, response) => void response.writeHead(404).end("{}"),
      (_, response) => void response.writeHead(500).end("<html>"),
      (_, response) => void response.destroy(),
      (_, response) => void response.end("not JSON"),
      (texts, response) => void response.end(vectors(texts.slice(1), (vector) => vector)),
      (texts, response) => void response.end(vectors([...texts, "?"], (vector) => vector)),
      (texts, response) => void response.end(vectors(texts, () => [])),
      (texts, response) => void response.end(vectors(texts, (vector) => vector.map(() => 0))),
      (texts, response) => void response.end(vectors(texts, (vector) => [null, ...vector.slice(1)])),
      (texts, response) => void response.end(vectors(texts, (vector) => vector).replace("-0.05", "NaN")),
      (texts, response) => void response.end(vectors(texts, (vector) => vector).replace("-0.05", "1e999")),
    ];
    provider.answer = unkind[0];
    await using one = await readBy(provider, database);
    for (const answer of unkind) {
      provider.answer = answer;
      await using other = one.open("small");
      await expect.poll(() => other.state).toBe("failing");
      expect(await one.find("broth", {}, other)).toEqual(["turn-2"]);
    }
    expect(await one.vectors()).toEqual([{ n: 0 }]);
    expect(await one.semantic.backlog()).toBe(said.length);
    provider.answer = undefined;
    await expect.poll(() => one.semantic.state).toBe("ready");
    expect(await one.semantic.backlog()).toBe(0);
    expect(await one.find("doctor")).toEqual(["turn-1"]);
    // One that says nothing is waited for by nobody for long.
    provider.answer = () => undefined;
    expect(await one.find("broth")).toEqual(["turn-2"]);
    expect(one.semantic.state).toBe("failing");
    const told = one.logger.lines.map(({ event }) => event).filter((event) => event.startsWith("search."));
    expect(told.filter((event) => event === "search.embeddings_failing")).toHaveLength(2 + unkind.length);
    expect(told).toContain("search.embeddings_back");
  });

  test("vectors of another length that another server has kept meanwhile cost no search", async () => {
    await using provider = await startEmbeddingsDouble();
    await using one = await readBy(provider, database);
    await expect.poll(() => one.semantic.state).toBe("ready");
    await one.query("update turn_vector_state set maker = 'small/24'");
    const [first] = await one.query("select min(entry) as entry from turn_vectors");
    await one.store.vectors.put(
      "small/24",
      new Map([[Number(first?.["entry"]), Array.from({ length: 24 }, () => 1)]]),
    );
    await one.query("update turn_vector_state set maker = 'small/16'");
    expect(await one.find("doctor")).toEqual(["turn-1"]);
  });

  test("a turn that the provider refuses is passed over, and the others are read", async () => {
    await using provider = await startEmbeddingsDouble();
    provider.answer = (texts, response) => {
      if (texts.some((text) => text.includes("broth"))) response.writeHead(400).end("{}");
      else {
        const data = texts.map((text, index) => ({ index, embedding: vectorOf(text, 16) }));
        response.end(JSON.stringify({ data }));
      }
    };
    await using one = await readBy(provider, database);
    await expect.poll(() => one.semantic.state).toBe("ready");
    expect(await one.vectors()).toEqual([{ n: 3 }]);
    expect(await one.find("doctor")).toEqual(["turn-1"]);
  });
});
