import { describe, expect, test } from "vitest";
import { databases } from "./testing/databases.ts";

const chat = { id: "c1", userId: "u1", title: "One", createdAtMs: 1, updatedAtMs: 1 };
const account = {
  id: "a1",
  login: "Ann",
  displayName: "Ann B.",
  about: undefined,
  email: undefined,
  role: "user",
  local: false,
  active: true,
  createdAtMs: 5,
  updatedAtMs: 5,
  lastLoginAtMs: undefined,
} as const;
const newAccount = { ...account, passwordHash: undefined };
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
      expect(await chats.find("u1", "c1")).toEqual(chat);
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

    test("take a new title from their owner only", async () => {
      await using temporary = await open();
      const { chats } = temporary.store;
      await chats.create(chat);
      await chats.setTitle("u1", "c1", "Встреча 🎉");
      expect(await chats.find("u1", "c1")).toEqual({ ...chat, title: "Встреча 🎉" });
      await expect(chats.setTitle("u2", "c1", "Mine")).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
      expect((await chats.find("u1", "c1"))?.title).toBe("Встреча 🎉");
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

  describe("accounts", () => {
    test("are found by id and by login, in any case", async () => {
      await using temporary = await open();
      const { accounts } = temporary.store;
      await accounts.create(newAccount);
      expect(await accounts.findById("a1")).toEqual(account);
      expect(await accounts.findByLogin("Ann")).toEqual(account);
      expect(await accounts.findByLogin("ann")).toEqual(account);
      expect(await accounts.findById("a2")).toBeUndefined();
    });

    test("share no login, and only one is local", async () => {
      await using temporary = await open();
      const { accounts } = temporary.store;
      await accounts.create({ ...newAccount, local: true });
      for (const other of [
        { ...newAccount, id: "a2" },
        { ...newAccount, id: "a3", login: "Other", local: true },
      ]) {
        await expect(accounts.create(other)).rejects.toMatchObject({
          code: "INVALID_REQUEST",
          field: "login",
        });
      }
      await accounts.create({ ...newAccount, id: "a4", login: "Other" });
      expect((await accounts.findByLogin("Other"))?.id).toBe("a4");
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
      const { signingKeys } = temporary.store;
      const inserted = await Promise.all(
        ["k1", "k2", "k3"].map((kid) => signingKeys.insertFirst({ ...key, kid })),
      );
      expect(inserted.filter(Boolean)).toHaveLength(1);
      expect(await signingKeys.insertFirst({ ...key, kid: "e1", algorithm: "ES256" })).toBe(true);
      expect(await signingKeys.list()).toHaveLength(2);
    });

    test("come back as they were; a value nobody wrote is damage", async () => {
      await using temporary = await open();
      await temporary.store.signingKeys.insertFirst(key);
      expect(await temporary.store.signingKeys.list()).toEqual([key]);
      await temporary.query("update signing_keys set algorithm = 'none'");
      await expect(temporary.store.signingKeys.list()).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    });
  });

  describe("refresh tokens", () => {
    const family = {
      id: "f1",
      userId: "u1",
      clientId: "cli",
      scope: "chat",
      createdAtMs: 1,
      expiresAtMs: 1000,
      revokedAtMs: undefined,
      revokedReason: undefined,
      pendingOtp: false,
      otpTries: 0,
      authTimeMs: 1,
      amr: ["pwd"],
      originHash: undefined,
      lastUsedAtMs: 1,
      ip: undefined,
      userAgent: undefined,
    } as const;
    const token = { hash: "h0", familyId: "f1", generation: 0, expiresAtMs: 500, consumedAtMs: undefined };
    const successor = { ...token, hash: "h1", generation: 1 };

    test("come back with their family", async () => {
      await using temporary = await open();
      const { refreshTokens } = temporary.store;
      await refreshTokens.createFamily(family, token);
      expect(await refreshTokens.find("h0")).toEqual({ token, family });
      expect(await refreshTokens.find("h9")).toBeUndefined();
    });

    test("rotate once, also when asked eight times at once", async () => {
      await using temporary = await open();
      const { refreshTokens } = temporary.store;
      await refreshTokens.createFamily(family, token);
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) => refreshTokens.rotate("h0", { ...successor, hash: `s${n}` }, 10)),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await refreshTokens.find("h0"))?.token.consumedAtMs).toBe(10);
      const children = await Promise.all(Array.from({ length: 8 }, (_, n) => refreshTokens.find(`s${n}`)));
      expect(children.filter(Boolean)).toHaveLength(1);
    });

    test("do not rotate in a revoked family, and stay unconsumed", async () => {
      await using temporary = await open();
      const { refreshTokens } = temporary.store;
      await refreshTokens.createFamily(family, token);
      await refreshTokens.revokeFamily("f1", "logout", 20);
      await refreshTokens.revokeFamily("f1", "admin", 30);
      expect(await refreshTokens.rotate("h0", successor, 40)).toBe(false);
      expect(await refreshTokens.find("h0")).toEqual({
        token,
        family: { ...family, revokedAtMs: 20, revokedReason: "logout" },
      });
      expect(await refreshTokens.find("h1")).toBeUndefined();
    });

    test("a successor that cannot be stored leaves its parent unconsumed", async () => {
      await using temporary = await open();
      const { refreshTokens } = temporary.store;
      await refreshTokens.createFamily(family, token);
      await expect(refreshTokens.rotate("h0", { ...successor, hash: "h0" }, 10)).rejects.toMatchObject({
        code: "INTERNAL",
      });
      expect((await refreshTokens.find("h0"))?.token.consumedAtMs).toBeUndefined();
    });
  });
});
