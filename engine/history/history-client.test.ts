import { describe, expect, test } from "vitest";
import { createFakeHttp, json, unreachable } from "#engine/testing/fake-http.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { createSignedInHttp } from "#engine/wire/signed-in.ts";
import { createHistoryClient } from "./history-client.ts";

const signal = new AbortController().signal;

function setup() {
  const http = createFakeHttp();
  const session = createFakeSession("ann");
  return { http, client: createHistoryClient(createSignedInHttp(http, session)) };
}

describe("history", () => {
  test("lists chats, with times in any form the wire has", async () => {
    const { http, client } = setup();
    http.answer(() =>
      json(200, {
        data: [
          {
            id: "c1",
            title: "Birds",
            created_at: "2026-11-21T00:26:48.856411+00:00",
            updated_at: 1_800_000_000_000,
            archived: true,
          },
          { id: "c2", title: null, created_at: "2026-11-21T00:26:48", updated_at: "2026-11-21T00:26:48Z" },
        ],
        next_cursor: "there",
      }),
    );
    expect(await client.page({ archived: true }, "here", signal)).toEqual({
      next: "there",
      chats: [
        {
          id: "c1",
          title: "Birds",
          createdAtMs: Date.UTC(2026, 10, 21, 0, 26, 48, 856),
          updatedAtMs: 1_800_000_000_000,
          pinned: false,
          archived: true,
        },
        {
          id: "c2",
          title: "",
          createdAtMs: Date.UTC(2026, 10, 21, 0, 26, 48),
          updatedAtMs: Date.UTC(2026, 10, 21, 0, 26, 48),
          pinned: false,
          archived: false,
        },
      ],
    });
    expect(http.requests[0]).toMatchObject({ method: "GET", path: "/v1/chats?archived=true&cursor=here" });
    expect(http.requests[0]?.headers?.["authorization"]).toBe("Bearer token-1");
  });

  test("gives all chats in the pages that are taken, and asks for no other", async () => {
    const { http, client } = setup();
    const at = "2026-11-21T00:00:00Z";
    http.answer(({ path }) => {
      const page = Number(/cursor=(\d)/.exec(path)?.[1] ?? "0");
      const chat = { id: `c${page}`, title: "", created_at: at, updated_at: at };
      return json(200, { data: [chat], next_cursor: page === 2 ? null : String(page + 1) });
    });
    const all = await Array.fromAsync(client.everyChat(signal), ({ id }) => id);
    expect(all).toEqual(["c0", "c1", "c2"]);
    for await (const { id } of client.everyChat(signal)) if (id === "c1") break;
    expect(http.requests).toHaveLength(5);
  });

  test("lists pinned chats above the first page of the others, and nowhere else", async () => {
    const { http, client } = setup();
    const at = "2026-11-21T00:00:00Z";
    http.answer(({ path }) => {
      const pinned = path.includes("pinned=true");
      const chat = { id: pinned ? "top" : "c", title: "", created_at: at, updated_at: at, pinned };
      return json(200, { data: [chat], next_cursor: pinned ? null : "there" });
    });
    const ids = async (cursor?: string) =>
      (await client.page({ archived: false }, cursor, signal)).chats.map(({ id }) => id);
    expect(await ids()).toEqual(["top", "c"]);
    expect(await ids("there")).toEqual(["c"]);
  });

  test("turns stored messages into those of the engine", async () => {
    const { http, client } = setup();
    const content = (...texts: string[]) => ({
      role: "x",
      content: texts.map((text) => ({ type: "text", text })),
    });
    const at = "2026-11-21T00:00:00Z";
    http.answer(() =>
      json(200, {
        data: [
          {
            id: 1,
            role: "user",
            content: content("What", "?"),
            message_type: "message",
            created_at: at,
            turn_id: "t",
          },
          { id: 2, role: "assistant", content: content("Let me see."), created_at: at, turn_id: "t" },
          { id: 3, role: "tool", content: content("{}"), created_at: at },
          { id: 4, role: "assistant", content: "That.", created_at: at, turn_id: "t" },
          { id: 5, role: "assistant", content: { content: [{ type: "image" }] }, created_at: at },
        ],
      }),
    );
    const createdAtMs = Date.parse(at);
    expect(await client.messages("a/b", signal)).toEqual([
      { role: "user", id: "t", turnId: "t", text: "What?", createdAtMs, status: { kind: "answered" } },
      {
        role: "assistant",
        id: "t/answer",
        turnId: "t",
        replyTo: "t",
        parts: [
          { kind: "text", text: "Let me see." },
          { kind: "text", text: "That." },
        ],
        status: "done",
        replayed: true,
        createdAtMs,
      },
    ]);
    expect(http.requests[0]?.path).toBe("/v1/chats/a%2Fb/messages");
  });

  test("CMR-D8: a stored exchange comes with its own id, its place, its parts, and how it ended", async () => {
    const { http, client } = setup();
    const at = "2026-11-21T00:00:00Z";
    const failure = { code: "MODEL_REFUSED", message: "No." };
    const turn = { turn_id: "t2", created_at: at, status: "failed", failure };
    http.answer(() =>
      json(200, {
        data: [
          {
            ...turn,
            id: "t2:user",
            role: "user",
            content: { role: "user", content: [{ type: "text", text: "What?" }] },
            client_message_id: "m2",
            parent_turn_id: null,
            siblings: ["t1", "t2", "t3"],
            picture: { width: 4, height: 3, bytes: 20, url: "/x" },
          },
          {
            ...turn,
            id: "t2:assistant",
            role: "assistant",
            content: {
              role: "assistant",
              content: [
                { type: "reasoning", text: "Hm." },
                { type: "tool", call_id: "1", name: "clock", state: "failed", summary: "no" },
                { type: "text", text: "That." },
                { type: "notice", code: "ANSWER_CUT", text: "Cut." },
              ],
            },
            usage: { input_tokens: 3, output_tokens: 4 },
            remembered: [{ id: "m", text: "I ask." }],
            step_data: { status: "failed", model: "small" },
          },
          { ...turn, id: "t4:user", role: "user", content: "Next?", status: "stopped", failure: undefined },
        ],
      }),
    );
    const createdAtMs = Date.parse(at);
    const told = { ...failure, retryable: false };
    expect(await client.messages("c", signal)).toEqual([
      {
        role: "user",
        id: "m2",
        turnId: "t2",
        parentTurnId: "",
        branch: { index: 1, count: 3, turnIds: ["t1", "t2", "t3"] },
        text: "What?",
        image: { widthPx: 4, heightPx: 3, sizeBytes: 20 },
        createdAtMs,
        status: { kind: "failed", failure: told },
      },
      {
        role: "assistant",
        id: "m2/answer",
        turnId: "t2",
        replyTo: "m2",
        parts: [
          { kind: "reasoning", text: "Hm." },
          { kind: "tool", callId: "1", name: "clock", state: "failed", summary: "no" },
          { kind: "text", text: "That." },
          { kind: "notice", code: "ANSWER_CUT", text: "Cut." },
        ],
        status: "failed",
        failure: told,
        usage: { inputTokens: 3, outputTokens: 4 },
        remembered: [{ id: "m", text: "I ask." }],
        model: "small",
        replayed: true,
        createdAtMs,
      },
      { role: "user", id: "t2", turnId: "t2", text: "Next?", createdAtMs, status: { kind: "cancelled" } },
    ]);
  });

  test("gives the part around a turn: as it is, on its branch, or the end of the chat when it is gone", async () => {
    const { http, client } = setup();
    const turn = (id: string) => ({ id, role: "user", content: id, created_at: 1, turn_id: id });
    const refusal = (field: string) =>
      json(400, { error: { code: "INVALID_REQUEST", message: `${field}: no such turn`, field } });
    let shown: "at-once" | "later" | "never" = "at-once";
    http.answer(({ method, path }) => {
      if (method === "PUT" && shown === "never") return refusal("shown_turn_id");
      if (method === "PUT") shown = "at-once";
      if (method === "PUT") return json(200, {});
      if (!path.includes("around")) return json(200, { data: [turn("last")] });
      return shown === "at-once" ? json(200, { data: [turn("old")], cut: true }) : refusal("around");
    });
    const around = async (turnId: string) => {
      const { messages, ...rest } = await client.messagesAround("c", turnId, signal);
      return [messages.map(({ id }) => id), rest];
    };
    expect(await around("last")).toEqual([["last"], {}]);
    expect(await around("old")).toEqual([["old"], { cut: true }]);
    shown = "later";
    expect(await around("old")).toEqual([["old"], { cut: true }]);
    shown = "never";
    expect(await around("old")).toEqual([["last"], { isGone: true }]);
  });

  test("reads what was told of earlier turns, and the tokens of the account with its limits", async () => {
    const { http, client } = setup();
    http.answer(() => json(200, { turn_id: "t1", text: "They met.", created_at: 5 }));
    expect(await client.earlierSummary("c", "t/9", signal)).toBe("They met.");
    expect(http.requests.at(-1)?.path).toBe("/v1/chats/c/summary?before=t%2F9");

    const tokens = { input_tokens: 3, output_tokens: 4, answers: 1, estimated: 0 };
    const day = { limit: 10, used: 7, free_at: "2026-11-30T00:00:00.000Z" };
    const data = [
      { chat_id: "c", title: "Birds", ...tokens },
      { chat_id: null, title: null, ...tokens },
    ];
    http.answer(() =>
      json(200, { from: "2026-11-01", to: "2026-11-29", data, total: tokens, limits: { day, month: null } }),
    );
    const sum = { inputTokens: 3, outputTokens: 4, answers: 1, estimated: 0 };
    expect(await client.usedTokens({ by: "chat" }, signal)).toEqual({
      from: "2026-11-01",
      to: "2026-11-29",
      sums: [
        { name: "Birds", ...sum },
        { name: "", ...sum },
      ],
      total: sum,
      day: { limit: 10, used: 7, freeAtMs: Date.UTC(2026, 10, 30) },
    });
  });

  test("searches one chat or all", async () => {
    const { http, client } = setup();
    const old = { session_id: "c", session_title: "T", hit_created_at: 5, score: 1.5, headline: "…bird…" };
    const now = { ...old, turn_id: "t", highlights: [{ start: 1, end: 5 }] };
    http.answer(() => json(200, { results: [now, old] }));
    const hits = await client.search("bird & co", undefined, signal);
    await client.search("bird", "c1", signal);
    const hit = { chatId: "c", chatTitle: "T", createdAtMs: 5, score: 1.5, headline: "…bird…" };
    expect(hits).toEqual([
      { ...hit, turnId: "t", highlights: [{ start: 1, end: 5 }] },
      { ...hit, highlights: [] },
    ]);
    expect(http.requests.map((request) => request.path)).toEqual([
      "/v1/chats/search?q=bird+%26+co&scope=all&limit=20&context_turns=0",
      "/v1/chats/search?q=bird&scope=current&chat_id=c1&limit=20&context_turns=0",
    ]);
  });

  test.each([
    { status: 403, body: {}, code: "NOT_ALLOWED" },
    { status: 404, body: { detail: "Chat not found" }, code: "CHAT_NOT_FOUND" },
    { status: 429, body: {}, code: "RATE_LIMITED" },
    { status: 500, body: {}, code: "SERVER_UNREACHABLE" },
    { status: 503, body: { error: { code: "STORAGE_FULL", message: "Full." } }, code: "STORAGE_FULL" },
    { status: 200, body: { data: [{ id: "x" }] }, code: "INTERNAL" },
  ])("HTTP $status becomes $code", async ({ status, body, code }) => {
    const { http, client } = setup();
    http.answer(() => json(status, body));
    await expect(client.messages("c", signal)).rejects.toMatchObject({ code });
  });

  test("a server before these addresses is named as what does not know the request, and no chat is missed", async () => {
    const { http, client } = setup();
    http.answer(() => json(404, { detail: "Not Found" }));
    const unknown = { code: "INVALID_REQUEST", message: expect.stringContaining("another program answers") };
    await expect(client.models(signal)).rejects.toMatchObject(unknown);
    await expect(client.search("bird", undefined, signal)).rejects.toMatchObject(unknown);
    await expect(client.removeTurn("c", "t", signal)).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
  });

  test.each([200, 201, 401, 403, 404, 429, 502])(
    "what a captive portal or a proxy says with HTTP %i means nothing: the server was not reached",
    async (status) => {
      const { http, client } = setup();
      http.answer(() => ({ status, headers: {}, body: "<h1>Welcome to the hotel</h1>" }));
      const code = "SERVER_UNREACHABLE";
      await expect(client.messages("c", signal)).rejects.toMatchObject({ code });
      await expect(client.removeChat("c", signal)).rejects.toMatchObject({ code });
    },
  );

  test("no server is a named error", async () => {
    const { client } = setup();
    await expect(client.chats(signal)).rejects.toMatchObject({ code: unreachable().code });
  });
});
