import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import type { StoredTokens } from "#engine/ports.ts";
import { createCredentialsFileTokenStore, formatTime, readTime } from "./credentials-file-token-store.ts";
import { withCredentialsLock } from "./credentials-lock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { makeTempHome } from "../testing/temp-home.ts";

const never = new AbortController().signal;
const serverUrl = "https://pipit.example.org";
const tokens: StoredTokens = {
  accessToken: "access-1",
  refreshToken: 'refresh "1" \\ ключ',
  accessExpiresAtMs: Date.parse("2026-11-21T00:26:48.856Z"),
  refreshExpiresAtMs: Date.parse("2026-12-21T00:26:48.856Z"),
  accountId: "u1",
  accountName: "ann",
  local: false,
  serverUrl,
};

const kept = { server: serverUrl, accountId: "u1", accountName: "ann", local: false };
const bob: StoredTokens = { ...tokens, accountId: "u2", accountName: "bob", accessToken: "access-bob" };

function storeAt(home: string, options: { serverUrl?: string; ownServer?: boolean } = {}) {
  const logger = createFakeLogger();
  return {
    logger,
    store: createCredentialsFileTokenStore({ home, serverUrl, ownServer: false, ...options, logger }),
  };
}

describe("the credentials file", () => {
  test("gives back what was saved, and is TOML of the agreed layout, private in a private folder", async () => {
    await using home = await makeTempHome();
    await chmod(home.path, 0o755);
    const { store } = storeAt(home.path);
    expect(await store.load()).toBeUndefined();
    await store.save(tokens);
    expect(await store.load()).toEqual(tokens);
    const path = join(home.path, "credentials");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(home.path)).mode & 0o777).toBe(0o700);
    expect(parse(await readFile(path, "utf8"))).toMatchObject({
      tokens: {
        access: "access-1",
        access_expires_at: "2026-11-21T00:26:48.856000+00:00",
        refresh_expires_at: "2026-12-21T00:26:48.856000+00:00",
      },
      user: { username: "ann" },
      server: { url: serverUrl },
    });
    expect(await readdir(home.path)).toEqual(["credentials"]);
    await store.clear();
    expect(await store.load()).toBeUndefined();
    await store.clear();
  });

  test("of the original layout, with its kinds of timestamps, is read", async () => {
    await using home = await makeTempHome();
    const { store } = storeAt(home.path);
    for (const time of [
      '"2026-11-21T00:26:48.856411+00:00"',
      '"2026-11-21T00:26:48.856Z"',
      '"2026-11-21T00:26:48.856"',
      "2026-11-21T00:26:48.856Z",
    ]) {
      await writeFile(
        join(home.path, "credentials"),
        `[tokens]\naccess = "a"\nrefresh = "r"\naccess_expires_at = ${time}\nrefresh_expires_at = ${time}\n` +
          `[user]\nusername = "ann"\nteam_slug = "t"\n[server]\nurl = "${serverUrl}/"\n`,
      );
      expect(await store.load()).toMatchObject({
        accessToken: "a",
        accountName: "ann",
        accessExpiresAtMs: tokens.accessExpiresAtMs,
      });
    }
  });

  test.each(["not toml at all [", "[tokens]\naccess = 1\n", "", "\u0000\u0001"])(
    "with %j means signed out and is kept aside",
    async (content) => {
      await using home = await makeTempHome();
      const { store, logger } = storeAt(home.path);
      await writeFile(join(home.path, "credentials"), content);
      expect(await store.load()).toBeUndefined();
      const [aside] = await readdir(home.path);
      expect(aside).toMatch(/^credentials\.damaged-/u);
      expect(await readFile(join(home.path, aside ?? ""), "utf8")).toBe(content);
      expect(logger.lines).toMatchObject([{ level: "warn", event: "credentials.damaged" }]);
      await store.save(tokens);
      expect(await store.load()).toEqual(tokens);
    },
  );

  test("of another server is never used for this one, never lost, and never cleared by it", async () => {
    await using home = await makeTempHome();
    const first = storeAt(home.path);
    await first.store.save(tokens);
    const second = storeAt(home.path, { serverUrl: "https://other.example.org" });
    expect(await second.store.load()).toBeUndefined();
    await second.store.clear();
    expect(await first.store.load()).toEqual(tokens);
    await second.store.save({ ...tokens, accessToken: "access-2" });
    expect(await second.store.load()).toMatchObject({
      accessToken: "access-2",
      serverUrl: "https://other.example.org",
    });
    expect(await first.store.load()).toEqual(tokens);
    expect(await second.store.accounts()).toEqual([
      { ...kept, server: "https://other.example.org", active: true },
      { ...kept, active: false },
    ]);
    // The one as good as the other: whoever renews its tokens stands in the first file.
    await first.store.save({ ...tokens, accessToken: "access-3" });
    expect(await first.store.load()).toMatchObject({ accessToken: "access-3" });
    expect(await second.store.load()).toMatchObject({ accessToken: "access-2" });
    await second.store.clear();
    expect(await second.store.accounts()).toEqual([{ ...kept, active: false }]);
  });

  test("of this home's own server is the same whatever its port", async () => {
    await using home = await makeTempHome();
    await storeAt(home.path, { serverUrl: "http://127.0.0.1:1111", ownServer: true }).store.save(tokens);
    const later = storeAt(home.path, { serverUrl: "http://127.0.0.1:2222", ownServer: true }).store;
    expect(await later.load()).toEqual({ ...tokens, serverUrl: "http://127.0.0.1:2222" });
    expect(await storeAt(home.path, { serverUrl: "http://127.0.0.1:1111" }).store.load()).toBeUndefined();
  });

  test("that cannot be written is an error that names it, and the old one stays", async () => {
    await using home = await makeTempHome();
    await writeFile(join(home.path, "file"), "");
    const { store } = storeAt(join(home.path, "file", "home"));
    await expect(store.save(tokens)).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    await mkdir(join(home.path, "credentials"));
    await expect(storeAt(home.path).store.load()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
  });

  test("says why it is used instead of the keychain", () => {
    const options = { home: "/nowhere", serverUrl, ownServer: false, logger: createFakeLogger() };
    expect(createCredentialsFileTokenStore(options).place()).toEqual({ kind: "file" });
    expect(createCredentialsFileTokenStore({ ...options, fallbackReason: "locked" }).place()).toEqual({
      kind: "file",
      fallbackReason: "locked",
    });
  });
});

describe("several accounts", () => {
  test("are kept in files of one layout, private too, and are listed, switched and forgotten one by one", async () => {
    await using home = await makeTempHome();
    const { store } = storeAt(home.path);
    await store.save(tokens);
    await store.save(bob);
    expect(await store.load()).toEqual(bob);
    expect(await store.load("u1")).toEqual(tokens);
    const accounts = [
      { ...kept, accountId: "u2", accountName: "bob", active: true },
      { ...kept, active: false },
    ];
    expect(await store.accounts()).toEqual(accounts);
    const folder = join(home.path, "credentials.d");
    const [name = ""] = await readdir(folder);
    expect(name).toMatch(/^[0-9a-f]{16}$/u);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect(parse(await readFile(join(folder, name), "utf8"))).toMatchObject({
      tokens: { access: "access-1" },
      user: { username: "ann" },
      server: { url: serverUrl },
    });

    expect(await store.activate("u1")).toEqual(tokens);
    expect(await store.load()).toEqual(tokens);
    expect(await store.load("u2")).toEqual(bob);
    expect(await readdir(folder)).toHaveLength(1);
    expect(await store.activate("u3")).toBeUndefined();

    await store.clear();
    expect(await store.load()).toBeUndefined();
    expect(await store.accounts()).toEqual([{ ...kept, accountId: "u2", accountName: "bob", active: false }]);
    await store.clear("u2");
    expect(await store.accounts()).toEqual([]);
  });

  test("survive a program that is ended after any step of a switch, and none is used with an old token", async () => {
    await using home = await makeTempHome();
    const { store } = storeAt(home.path);
    await store.save(bob);
    await store.save(tokens);
    const folder = join(home.path, "credentials.d");
    const contents = async () => {
      const names = await readdir(folder);
      const others = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
      return { active: await readFile(join(home.path, "credentials")), others: await Promise.all(others) };
    };
    const before = await contents();
    await store.activate("u2");
    const after = await contents();
    const lay = async (active: Buffer) => {
      await writeFile(join(home.path, "credentials"), active);
      for (const [name, content] of [...before.others, ...after.others])
        await writeFile(join(folder, name), content);
    };
    for (const [active, accountId] of [
      [before.active, "u1"],
      [after.active, "u2"],
    ] as const) {
      await lay(active);
      expect(await store.load()).toMatchObject({ accountId });
      const known = await store.accounts();
      expect(known.map((one) => [one.accountId, one.active]).toSorted()).toEqual([
        ["u1", accountId === "u1"],
        ["u2", accountId === "u2"],
      ]);
      // Renewed tokens leave no old copy that a later switch could bring back.
      const active2 = await store.load();
      await store.save({ ...(active2 ?? tokens), accessToken: "renewed" });
      expect(await readdir(folder)).toHaveLength(1);
      await store.activate(accountId === "u1" ? "u2" : "u1");
      expect(await store.load(accountId)).toMatchObject({ accessToken: "renewed" });
      await store.activate(accountId);
      await store.save(accountId === "u1" ? tokens : bob);
    }
    await lay(before.active);
    await store.clear();
    expect(await store.accounts()).toMatchObject([{ accountId: "u2", active: false }]);
  });

  test("written by the original client, which knows no id, are one with ours of that name", async () => {
    await using home = await makeTempHome();
    const { store } = storeAt(home.path);
    await store.save({ ...tokens, accountId: "" });
    await store.save(tokens);
    expect(await store.accounts()).toEqual([{ ...kept, active: true }]);
  });
});

describe("the lock", () => {
  test("lets one at a time through, and is free again after an error", async () => {
    await using home = await makeTempHome();
    const { store } = storeAt(home.path);
    let inside = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        store.withLock(async () => {
          inside += 1;
          most = Math.max(most, inside);
          await new Promise((resolve) => setImmediate(resolve));
          order.push(index);
          inside -= 1;
        }, never),
      ),
    );
    expect(most).toBe(1);
    expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
    await expect(store.withLock(() => Promise.reject(new Error("inner")), never)).rejects.toThrow("inner");
    expect(await store.withLock(async () => "free", never)).toBe("free");
  });

  test("is given up on after its time, and at once when aborted", async () => {
    await using home = await makeTempHome();
    const logger = createFakeLogger();
    const options = { home: home.path, name: "credentials.lock", logger };
    await withCredentialsLock(
      options,
      async () => {
        const work = () => Promise.resolve();
        await expect(withCredentialsLock({ ...options, timeoutMs: 60 }, work, never)).rejects.toMatchObject({
          code: "DEADLINE_EXCEEDED",
        });
        await expect(withCredentialsLock(options, work, AbortSignal.timeout(20))).rejects.toMatchObject({
          code: "DEADLINE_EXCEEDED",
        });
        await expect(withCredentialsLock(options, work, AbortSignal.abort())).rejects.toMatchObject({
          code: "CANCELLED",
        });
      },
      never,
    );
  });
});

test("times are written with microseconds and offset, and read with any zone or none", () => {
  expect(formatTime(0)).toBe("1970-01-01T00:00:00.000000+00:00");
  expect(readTime("1970-01-01T01:00:00+01:00")).toBe(0);
  expect(readTime("1970-01-01 00:00:00")).toBe(0);
  expect(readTime(new Date(0))).toBe(0);
  expect(readTime("tomorrow")).toBeUndefined();
  expect(readTime(7)).toBeUndefined();
});
