import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";

const chat = { id: "c1", userId: "u1", title: "One", createdAtMs: 1, updatedAtMs: 1 };
const key = {
  kid: "k1",
  algorithm: "RS256",
  publicJwk: "{}",
  sealedPrivateKey: "sealed",
  state: "signing",
  createdAtMs: 1,
} as const;

describe.each(databases)("on $name", ({ open }) => {
  describe("chats", () => {
    test("are found by their owner only", async () => {
      await using temporary = await open();
      const { chats } = temporary.store;
      await chats.create(chat);
      expect(await chats.find("u1", "c1")).toMatchObject(chat);
      expect(await chats.find("u2", "c1")).toBeUndefined();
      expect(await chats.find("u1", "c2")).toBeUndefined();
    });

    test("are listed most recently changed first, up to the limit", async () => {
      await using temporary = await open();
      const { chats } = temporary.store;
      for (const [id, updatedAtMs] of [
        ["c1", 5],
        ["c2", 9],
        ["c3", 7],
      ] as const) {
        await chats.create({ ...chat, id, updatedAtMs });
      }
      await chats.create({ ...chat, id: "c4", userId: "u2" });
      expect((await chats.list("u1", 10)).map(({ id }) => id)).toEqual(["c2", "c3", "c1"]);
      expect((await chats.list("u1", 2)).map(({ id }) => id)).toEqual(["c2", "c3"]);
      expect(await chats.list("u3", 10)).toEqual([]);
    });

    test("are listed in pages that leave none out, also of those with the same time, and by kind", async () => {
      await using temporary = await open();
      const { chats } = temporary.store;
      for (const id of ["c1", "c2", "c3", "c4", "c5"]) await chats.create({ ...chat, id });
      await chats.update("u1", "c2", { pinned: true });
      await chats.update("u1", "c4", { archived: true });
      const page = async (options: Parameters<typeof chats.list>[2]) =>
        (await chats.list("u1", 2, options)).map(({ id }) => id);
      expect(await page({})).toEqual(["c5", "c4"]);
      expect(await page({ after: { updatedAtMs: 1, id: "c4" } })).toEqual(["c3", "c2"]);
      expect(await page({ after: { updatedAtMs: 1, id: "c2" } })).toEqual(["c1"]);
      expect(await page({ pinned: true })).toEqual(["c2"]);
      expect(await page({ archived: true })).toEqual(["c4"]);
      const plain = { pinned: false, archived: false };
      expect(await page(plain)).toEqual(["c5", "c3"]);
      expect(await chats.find("u1", "c5")).toMatchObject({ unread: false });
      await chats.update("u1", "c5", { unread: true });
      await chats.update("u1", "c5", { title: "Five" });
      expect(await chats.find("u1", "c5")).toMatchObject({ unread: true, updatedAtMs: 1 });
      expect(await page({ ...plain, after: { updatedAtMs: 1, id: "c3" } })).toEqual(["c1"]);
    });

    test("cannot be made twice", async () => {
      await using temporary = await open();
      await temporary.store.chats.create(chat);
      await expect(temporary.store.chats.create({ ...chat, userId: "u2" })).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        field: "chat_id",
      });
      expect(await temporary.store.chats.find("u2", "c1")).toBeUndefined();
    });
  });

  describe("usage", () => {
    test("is stored once per report", async () => {
      await using temporary = await open();
      const report = {
        id: "r1",
        userId: "u1",
        hardwareId: "h",
        sessionId: "s",
        source: "chat",
        model: "m",
        inputTokens: 10,
        outputTokens: 20,
        createdAtMs: 7,
      };
      await temporary.store.usage.add(report);
      await temporary.store.usage.add(report);
      expect(await temporary.query("select * from usage_reports")).toEqual([
        {
          id: "r1",
          user_id: "u1",
          hardware_id: "h",
          session_id: "s",
          source: "chat",
          model: "m",
          input_tokens: 10,
          output_tokens: 20,
          created_at_ms: 7,
        },
      ]);
    });
  });

  describe("signing keys", () => {
    test("only the first key of an algorithm signs", async () => {
      await using temporary = await open();
      const { signingKeys } = temporary.store.auth;
      const inserted = await Promise.all(
        ["k1", "k2", "k3"].map((kid) => signingKeys.insertFirst({ ...key, kid })),
      );
      expect(inserted.filter(Boolean)).toHaveLength(1);
      expect(await signingKeys.insertFirst({ ...key, kid: "e1", algorithm: "ES256" })).toBe(true);
      expect(await signingKeys.list()).toHaveLength(2);
    });

    test("come back as they were; a value nobody wrote is damage", async () => {
      await using temporary = await open();
      await temporary.store.auth.signingKeys.insertFirst(key);
      expect(await temporary.store.auth.signingKeys.list()).toEqual([key]);
      await temporary.query("update signing_keys set algorithm = 'none'");
      await expect(temporary.store.auth.signingKeys.list()).rejects.toMatchObject({
        code: "STORAGE_CORRUPT",
      });
    });
  });
});
