import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { StoredTokens } from "#engine/ports.ts";
import { createCredentialsFileTokenStore } from "./credentials-file-token-store.ts";
import { createKeychainTokenStore } from "./keychain-token-store.ts";
import type { KeychainHolder } from "./keychain-items.ts";
import { createKeychain } from "./keychain.ts";
import { environmentWithout, requireVariable } from "../testing/config.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { startSecretService } from "../testing/secret-service.ts";
import { makeTempHome } from "../testing/temp-home.ts";
import type { HelperOptions, HelperProcess } from "../processes/child-launcher.ts";
import { nodeChildLauncher } from "../processes/node-child-launcher.ts";
import { scopeKey } from "./token-store-scope.ts";
import { openTokenStore } from "./token-store.ts";

const serverUrl = "https://pipit.example.org";
const tokens: StoredTokens = {
  accessToken: "eyJ.access",
  // Longer than an entry of Windows' Credential Manager.
  refreshToken: "r".repeat(4_000),
  accessExpiresAtMs: 1_795_000_000_123,
  refreshExpiresAtMs: 1_797_000_000_456,
  accountId: "u1",
  accountName: "Анна",
  local: false,
  serverUrl,
};
const holder = "terminal" as const;
const service = "pipit-test";
const noBus = { environment: environmentWithout("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR") };

beforeAll(() => {
  requireVariable("DBUS_SESSION_BUS_ADDRESS");
});

describe("the keychain", () => {
  test("keeps, gives back, replaces and forgets a secret", async () => {
    const keychain = createKeychain({ service, account: `test-${crypto.randomUUID()}` });
    expect(await keychain.read()).toBeUndefined();
    await keychain.write(new Uint8Array([0, 1, 255]));
    expect(await keychain.read()).toEqual(new Uint8Array([0, 1, 255]));
    await keychain.write(new Uint8Array([7]));
    expect(await keychain.read()).toEqual(new Uint8Array([7]));
    await keychain.remove();
    expect(await keychain.read()).toBeUndefined();
    await keychain.remove();
  });

  test("of a session without D-Bus is KEYCHAIN_UNAVAILABLE, which takes no process where it is plain", async () => {
    await using home = await makeTempHome();
    const started: string[] = [];
    const startHelper = (options: HelperOptions): HelperProcess => {
      started.push(options.environment?.["DBUS_SESSION_BUS_ADDRESS"] ?? "");
      return nodeChildLauncher.startHelper(options);
    };
    const launcher = { ...nodeChildLauncher, startHelper };
    const nowhere = join(home.path, "bus");
    const open = (address: string) =>
      createKeychain({
        service,
        account: "test",
        launcher,
        environment: { ...noBus.environment, DBUS_SESSION_BUS_ADDRESS: address },
      });
    for (const address of ["", `unix:path=${nowhere}`, `unix:path=${nowhere},guid=00ff`, "disabled:"])
      await expect(open(address).read()).rejects.toMatchObject({ code: "KEYCHAIN_UNAVAILABLE" });
    // What is not a plain path is the library's to judge, as is one where something listens.
    const real = requireVariable("DBUS_SESSION_BUS_ADDRESS");
    expect(await open(`unix:path=${nowhere};${real}`).read()).toBeUndefined();
    expect(await open(real).read()).toBeUndefined();
    expect(started).toEqual(["disabled:", `unix:path=${nowhere};${real}`, real]);
  });

  test("that hangs is given up on, and its process is ended", async () => {
    await using home = await makeTempHome();
    const program = join(home.path, "hangs.mjs");
    await writeFile(program, 'process.on("message", () => { for (;;); });');
    const helpers: HelperProcess[] = [];
    const startHelper = (options: HelperOptions): HelperProcess => {
      const helper = nodeChildLauncher.startHelper(options);
      helpers.push(helper);
      return helper;
    };
    const launcher = { ...nodeChildLauncher, startHelper };
    const keychain = createKeychain({ service, account: "test", program, timeoutMs: 500, launcher });
    await expect(keychain.read()).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
    expect(await Promise.all(helpers.map(({ ended }) => ended))).toEqual(["SIGKILL"]);
  });

  test("whose helper crashes is KEYCHAIN_UNAVAILABLE", async () => {
    await using home = await makeTempHome();
    const program = join(home.path, "crashes.mjs");
    await writeFile(program, "process.kill(process.pid, 'SIGSEGV');");
    await expect(createKeychain({ service, account: "test", program }).read()).rejects.toMatchObject({
      code: "KEYCHAIN_UNAVAILABLE",
    });
  });
});

describe("tokens in the keychain", () => {
  test("[D3] are opened by both programs, with items of their own, also those of an earlier version", async () => {
    await using home = await makeTempHome();
    const scope = { home: home.path, serverUrl, ownServer: false, logger: createFakeLogger() };
    const open = (program: KeychainHolder) => createKeychainTokenStore({ ...scope, holder: program });
    const [terminal, desktop] = await Promise.all([open("terminal"), open("desktop")]);
    const item = (name: string) => createKeychain({ service: name, account: scopeKey(scope) });
    try {
      await terminal.save(tokens);
      // With a key that the other program has made.
      expect(await desktop.load()).toEqual(tokens);
      // Each reads its own from then on.
      for (const name of ["pipit-desktop", "pipit-terminal"])
        expect([name, (await item(name).read())?.byteLength]).toEqual([name, 32]);
      // As an earlier version left it: one item for all.
      await item("pipit").write((await item("pipit-desktop").read()) ?? new Uint8Array());
      for (const name of ["pipit-desktop", "pipit-terminal"]) await item(name).remove();
      expect(await (await open("desktop")).load()).toEqual(tokens);
      expect(await item("pipit-desktop").read()).toEqual(await item("pipit").read());
    } finally {
      await terminal.destroy();
    }
  });

  test("survive a restart, and no file holds them in the clear", async () => {
    await using home = await makeTempHome();
    const options = { home: home.path, serverUrl, ownServer: false, holder, logger: createFakeLogger() };
    const store = await createKeychainTokenStore(options);
    try {
      expect(await store.load()).toBeUndefined();
      await store.save(tokens);
      expect(await (await createKeychainTokenStore(options)).load()).toEqual(tokens);
      expect(store.place()).toEqual({ kind: "keychain" });
      for (const file of await readdir(home.path)) {
        expect(await readFile(join(home.path, file), "latin1")).not.toMatch(/eyJ\.|r{40}/u);
      }
      await store.clear();
      expect(await store.load()).toBeUndefined();
    } finally {
      await store.destroy();
    }
  });

  test("of several accounts are switched, those of an earlier version too, and no file holds them in the clear", async () => {
    await using home = await makeTempHome();
    const options = { home: home.path, serverUrl, ownServer: false, holder, logger: createFakeLogger() };
    const bob = { ...tokens, accountId: "u2", accountName: "bob", accessToken: "eyJ.bob" };
    const store = await createKeychainTokenStore(options);
    const other = await createKeychainTokenStore({ ...options, serverUrl: "https://b.example.org" });
    try {
      await store.save(tokens);
      await store.save(bob);
      await other.save({ ...tokens, accountName: "Ann" });
      const later = await createKeychainTokenStore(options);
      expect(await later.load()).toEqual(bob);
      expect(await later.load("u1")).toEqual(tokens);
      const named = (await later.accounts()).map(({ server, accountName, active }) => [
        server,
        accountName,
        active,
      ]);
      expect(named).toEqual([
        [serverUrl, "bob", true],
        ["https://b.example.org", "Ann", false],
        [serverUrl, "Анна", false],
      ]);
      const names = await readdir(home.path, { recursive: true, withFileTypes: true });
      for (const file of names.filter((entry) => entry.isFile())) {
        expect(await readFile(join(file.parentPath, file.name), "latin1")).not.toMatch(/eyJ\.|r{40}/u);
      }
      expect(await later.activate("u1")).toEqual(tokens);
      await store.clear();
      expect(await later.load()).toBeUndefined();
      expect(await later.activate("u2")).toEqual(bob);

      // As an earlier version left them, which did not write whose the tokens are.
      for (const name of (await readdir(home.path)).filter((one) => one.endsWith(".sealed"))) {
        const sealed: object = JSON.parse(await readFile(join(home.path, name), "utf8"));
        await writeFile(join(home.path, name), JSON.stringify({ ...sealed, label: undefined }));
      }
      expect(await store.accounts()).toMatchObject([{ accountName: "bob", active: true }]);
      expect(await store.load()).toEqual(bob);
      expect(await other.load()).toMatchObject({ accountName: "Ann" });
      expect(options.logger.lines).toEqual([]);
    } finally {
      await store.destroy();
      await other.destroy();
    }
  });

  test("of two homes and two servers never meet", async () => {
    await using home = await makeTempHome();
    await using other = await makeTempHome();
    const logger = createFakeLogger();
    const first = await createKeychainTokenStore({
      home: home.path,
      serverUrl,
      ownServer: false,
      holder,
      logger,
    });
    const second = await createKeychainTokenStore({
      home: other.path,
      serverUrl,
      ownServer: false,
      holder,
      logger,
    });
    const third = await createKeychainTokenStore({
      home: home.path,
      serverUrl: "https://b.example.org",
      ownServer: false,
      holder,
      logger,
    });
    try {
      await first.save(tokens);
      expect(await second.load()).toBeUndefined();
      expect(await third.load()).toBeUndefined();
      await third.clear();
      expect(await first.load()).toEqual(tokens);
    } finally {
      for (const store of [first, second, third]) await store.destroy();
    }
  });

  test("of two programs that start at once have one key", async () => {
    await using home = await makeTempHome();
    const options = { home: home.path, serverUrl, ownServer: false, holder, logger: createFakeLogger() };
    const [first, second] = await Promise.all([
      createKeychainTokenStore(options),
      createKeychainTokenStore(options),
    ]);
    try {
      await first.save(tokens);
      expect(await second.load()).toEqual(tokens);
      await second.save({ ...tokens, accessToken: "2" });
      expect(await first.load()).toMatchObject({ accessToken: "2" });
    } finally {
      await first.destroy();
    }
  });

  test("whose key is gone are kept aside and mean signed out", async () => {
    await using home = await makeTempHome();
    const logger = createFakeLogger();
    const options = { home: home.path, serverUrl, ownServer: false, holder, logger };
    const store = await createKeychainTokenStore(options);
    await store.save(tokens);
    const [sealed] = (await readdir(home.path)).filter((name) => name.endsWith(".sealed"));
    const kept = await readFile(join(home.path, sealed ?? ""));
    await store.destroy();
    await writeFile(join(home.path, sealed ?? ""), kept);
    const later = await createKeychainTokenStore(options);
    try {
      expect(await later.load()).toBeUndefined();
      expect((await readdir(home.path)).some((name) => name.includes(".sealed.unreadable-"))).toBe(true);
      expect(logger.lines).toMatchObject([{ event: "credentials.unreadable" }]);
    } finally {
      await later.destroy();
    }
  });
});

describe("choosing a place", () => {
  test("takes the keychain, and moves the sign-ins from the file into it", async () => {
    await using home = await makeTempHome();
    const logger = createFakeLogger();
    const scope = { home: home.path, serverUrl, ownServer: false, holder, logger };
    const file = createCredentialsFileTokenStore(scope);
    await file.save({ ...tokens, accountId: "u2", accountName: "bob" });
    await file.save(tokens);
    const store = await openTokenStore(scope);
    expect(store.place()).toEqual({ kind: "keychain" });
    expect(await store.load()).toEqual(tokens);
    expect(await store.load("u2")).toMatchObject({ accountName: "bob" });
    expect(await file.accounts()).toEqual([]);
    expect(await readdir(home.path)).not.toContain("credentials");
    await (await createKeychainTokenStore(scope)).destroy();
  });

  test("falls back to the file without a keychain, and says why", async () => {
    await using home = await makeTempHome();
    const logger = createFakeLogger();
    const store = await openTokenStore({
      home: home.path,
      serverUrl,
      ownServer: false,
      holder,
      keychain: noBus,
      logger,
    });
    expect(store.place()).toMatchObject({
      kind: "file",
      fallbackReason: expect.stringContaining(join(home.path, "credentials")),
    });
    expect(logger.lines).toMatchObject([
      { level: "warn", event: "token_store.fallback", fields: { code: "KEYCHAIN_UNAVAILABLE" } },
    ]);
    await store.save(tokens);
    expect(await store.load()).toEqual(tokens);
    expect(JSON.stringify(logger.lines)).not.toContain("eyJ");
  });

  test("a locked keychain is told from an empty one: what it holds stays, and comes back", async () => {
    await using home = await makeTempHome();
    // A Secret Service of its own: locking the shared one would lock out everybody.
    await using secrets = await startSecretService(home.path);
    const logger = createFakeLogger();
    const keychain = { environment: secrets.environment };
    const options = { home: join(home.path, "home"), serverUrl, ownServer: false, holder, keychain, logger };
    await (await openTokenStore(options)).save(tokens);
    secrets.lock();
    await expect(
      createKeychain({ service, account: "any", ...keychain }).write(new Uint8Array([1])),
    ).rejects.toMatchObject({ code: "KEYCHAIN_LOCKED" });
    const locked = await openTokenStore(options);
    expect(locked.place()).toMatchObject({
      kind: "memory",
      fallbackReason: expect.stringContaining("locked"),
    });
    expect(await locked.load()).toBeUndefined();
    // [D3] What was sealed before is not written in clear now.
    await locked.save({ ...tokens, accessToken: "eyJ.other" });
    expect(await locked.load()).toMatchObject({ accessToken: "eyJ.other" });
    const files = await readdir(options.home);
    expect(files.filter((name) => name.endsWith(".sealed"))).toHaveLength(1);
    expect(files).not.toContain("credentials");
    await secrets.restartUnlocked();
    const unlocked = await openTokenStore(options);
    expect(unlocked.place()).toEqual({ kind: "keychain" });
    expect(await unlocked.load()).toEqual(tokens);
  });
});
