import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { storeWithTurns } from "#server/testing/search-kit.ts";

const texts = [
  "病院は機能していない",
  "我们讨论了项目预算",
  "黒猫を見た",
  "서울에서 회의했다",
  "Write it in C++, not in C",
  "plain C only",
  "call getUserName() first",
  "the user and the name",
  "open server/store/main.ts",
  "a server, a store, and main ts",
  "foo.bar() fails",
  "foo and bar",
  "red apples are here",
  "apples that are red",
  "Всё ещё ёлка",
  "an app for APIs",
  "apple pie",
  "Ｆｕｌｌ width",
  "see Src/Café.TS and lib/\u212a.md",
  `${"-".repeat(9_000)} bin/Run.sh`,
  "我用C++写getUserAge函数",
  "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 and 𝒮cript",
  "İzmir and a ﬁne ﬂute",
  "שָׁלוֹם עולם",
  "كَتَبَ الكتاب",
] as const;

describe.each(databases)("on $name", (database) => {
  let said: Awaited<ReturnType<typeof storeWithTurns>>;
  beforeAll(async () => {
    said = await storeWithTurns(
      database,
      texts.map((question, n) => ({ question, chatId: `c${n}`, title: "-" })),
    );
  });
  afterAll(() => said[Symbol.asyncDispose]());

  test.each([
    ["機能", [texts[0]]],
    ["病院 機能", [texts[0]]],
    ["SERVER/store/Main.ts", [texts[8]]],
    ["server/store/main.t", []],
    ["src/cafe.ts", [texts[18]]],
    ["lib/k.md", [texts[18]]],
    ["run/bin.sh", []],
    ["预算", [texts[1]]],
    ["猫", [texts[2]]],
    ["회의", [texts[3]]],
    ["C++", [texts[4], texts[20]]],
    ["写C++", [texts[20]]],
    ["userAge", [texts[20]]],
    ["fraktur", [texts[21]]],
    ["SCRIPT", [texts[21]]],
    ["izmir", [texts[22]]],
    ["fine flute", [texts[22]]],
    ["שלום", [texts[23]]],
    ["كتب", [texts[24]]],
    ["c", [texts[4], texts[5], texts[20]]],
    ["getUserName", [texts[6]]],
    ["userName", [texts[6]]],
    ["user name", [texts[6], texts[7]]],
    ["server/store/main.ts", [texts[8]]],
    ["main.ts", [texts[8]]],
    ["server store", [texts[8], texts[9]]],
    ["foo.bar()", [texts[10]]],
    ["foo bar", [texts[10], texts[11]]],
    ['"red apples"', [texts[12]]],
    ['"Red  apple"', []],
    ["red apple", [texts[12], texts[13]]],
    ["елка", [texts[14]]],
    ["ЕЩЁ", [texts[14]]],
    ["app", [texts[15]]],
    ["api", [texts[15]]],
    ["pie", [texts[16]]],
    ["full", [texts[17]]],
    ["wid", [texts[17]]],
  ] as const)("%s: %j", async (query, expected) => {
    const hits = await said.find(query, { limit: 50 });
    expect(hits.map(({ headline }) => headline).toSorted()).toEqual([...expected].toSorted());
  });

  test("code at the end of a text too long for the database to look through", async () => {
    expect(await said.find("bin/run.sh")).toMatchObject([{ chatId: "c19" }]);
  });

  test.each([
    ["ЕЛКА", "Всё ещё ёлка", "ёлка"],
    ["機能", "病院は機能していない", "機能"],
    ["width", "Ｆｕｌｌ width", "width"],
    ["C++", "我用C++写getUserAge函数", "C++"],
    ["age", "我用C++写getUserAge函数", "Age"],
    ["fraktur", "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 and 𝒮cript", "𝔉𝔯𝔞𝔨𝔱𝔲𝔯"],
    ["script", "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 and 𝒮cript", "𝒮cript"],
    ["izmir", "İzmir and a ﬁne ﬂute", "İzmir"],
    ["fine", "İzmir and a ﬁne ﬂute", "ﬁne"],
    ["שלום", "שָׁלוֹם עולם", "שָׁלוֹם"],
    ["كتب", "كَتَبَ الكتاب", "كَتَبَ"],
    ["getUserName", "call getUserName() first", "getUserName"],
    ['"red apples"', "red apples are here", "red apples"],
  ])("[11] %s is marked in “%s”", async (query, headline, marked) => {
    const hit = (await said.find(query)).find((found) => found.headline === headline);
    expect(hit?.highlights.map(({ start, end }) => headline.slice(start, end))).toEqual([marked]);
    expect(hit?.places).toEqual(hit?.highlights.map((span) => ({ role: "user", ...span })));
  });

  test("[11] what is marked lies where JavaScript counts it, behind emoji, marks of their own and long texts", async () => {
    const question = `👩‍👩‍👧 e\u0301te\u0301 ${"🎉".repeat(40)} ёж\n\n 😀 хомяк`;
    const answer = `${"слово 🎉 ".repeat(20_000)}хомяк`;
    await using one = await storeWithTurns(database, [{ question }, { question: "?", answer }]);
    await expect.poll(() => one.find("хомяк")).toHaveLength(2);
    for (const { turnId, headline, highlights, places } of await one.find("хомяк")) {
      const text = turnId === "turn-0" ? question : answer;
      expect(places.map(({ start, end }) => text.slice(start, end))).toEqual(["хомяк"]);
      expect(highlights.map(({ start, end }) => headline.slice(start, end))).toEqual(["хомяк"]);
    }
    const [first] = await one.find("été");
    expect(first?.places.map(({ start, end }) => question.slice(start, end))).toEqual(["e\u0301te\u0301"]);
  });

  test("filters narrow a search by side, time and chat", async () => {
    await using four = await storeWithTurns(database, [
      { question: "an otter", chatId: "c1", title: "Zoo visit", atMs: 1000 },
      { question: "which?", answer: "the otter", chatId: "c1", atMs: 2000 },
      { question: "otter again", chatId: "c2", title: "River", atMs: 3000 },
    ]);
    const found = async (options: Parameters<typeof four.find>[1]) =>
      (await four.find("otter", options)).map(({ turnId }) => turnId).toSorted();
    expect(await found({ role: "assistant" })).toEqual(["turn-1"]);
    expect(await found({ role: "user" })).toEqual(["turn-0", "turn-2"]);
    expect(await found({ afterMs: 2000 })).toEqual(["turn-1", "turn-2"]);
    expect(await found({ beforeMs: 2000 })).toEqual(["turn-0"]);
    expect(await found({ inChat: "zoo VISIT" })).toEqual(["turn-0", "turn-1"]);
    expect(await found({ inChat: "c2" })).toEqual(["turn-2"]);
    expect(await found({ inChat: "nowhere" })).toEqual([]);
    expect(await found({ perChat: 1 })).toEqual(["turn-0", "turn-2"]);
  });

  test("in: knows the oldest of very many chats by its title and by its id", async () => {
    await using many = await storeWithTurns(database, [
      { question: "an otter", chatId: "c0", title: "Zoo visit" },
      { question: "an otter", chatId: "c1" },
    ]);
    const [from, n] =
      database.name === "SQLite"
        ? ["with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 2100)", "n"]
        : ["with numbers as (select generate_series(1, 2100) as n)", "n"];
    await many.query(
      `insert into chats (id, user_id, title, created_at_ms, updated_at_ms, pinned, archived)
        ${from} select 'new' || ${n}, 'user-1', 'Chat', 9, 9, 0, 0 from numbers`,
    );
    for (const inChat of ["zoo", "c0"])
      expect((await many.find("otter", { inChat })).map(({ chatId }) => chatId)).toEqual(["c0"]);
  });

  test("a mistyped word is guessed however many words begin as it does", async () => {
    const alike = Array.from({ length: 1_200 }, (_, n) => `o${n.toString(26).padStart(4, "a")}q`);
    await using many = await storeWithTurns(database, [
      { question: alike.join(" ") },
      { question: "an otter" },
      { question: "an ouzel" },
    ]);
    expect((await many.find("otetr")).map(({ turnId }) => turnId)).toEqual(["turn-1"]);
    expect((await many.find("ouezl")).map(({ turnId }) => turnId)).toEqual(["turn-2"]);
  });
});
