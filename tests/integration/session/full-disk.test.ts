import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createCredentialsFileTokenStore,
  CREDENTIALS_FILE,
} from "#engine/node/keychain/credentials-file-token-store.ts";
import { openOutbox } from "#engine/node/files/sqlite-outbox.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";
import { startTestServer } from "../start-test-server.ts";
import { failure, never, openSession, PASSWORD } from "./session-stage.ts";

test("a full disk costs no sign-in: the new tokens live in memory, which is said, and are stored once there is room", async ({
  skip,
}) => {
  const home = await mountSmallDisk(256 * 1024);
  if (home === undefined) return skip("only root may mount a small disk");
  await using server = await startTestServer();
  const logger = createFakeLogger();
  const tokenStore = createCredentialsFileTokenStore({
    home,
    serverUrl: server.httpUrl,
    ownServer: false,
    logger,
  });
  await using person = openSession(server.httpUrl, { tokenStore });
  const { session } = person;
  await session.register({ login: "ann", password: PASSWORD, displayName: "" }, never);
  const file = join(home, CREDENTIALS_FILE);
  const before = await readFile(file, "utf8");
  const filler = join(home, "filler");
  await fillDisk(filler);
  const names = await readdir(home);

  const used = await session.attach(new Headers(), never);
  await session.renewAfter(used, never);
  expect(await person.ask("GET", "/auth/me")).toMatchObject({ status: 200 });
  const full = "The disk is full: ";
  expect(session.place()).toEqual({ kind: "memory", fallbackReason: expect.stringContaining(full + file) });
  expect([await readFile(file, "utf8"), await readdir(home)]).toEqual([before, names]);
  const again = session.signInWithPassword({ login: "ann", password: PASSWORD }, never);
  expect(await failure(again)).toMatchObject({ code: "STORAGE_FULL" });
  expect([await readFile(file, "utf8"), await readdir(home)]).toEqual([before, names]);
  expect(await failure(openOutbox({ home, logger }))).toMatchObject({
    code: "STORAGE_FULL",
    message: expect.stringContaining(full),
  });

  await rm(filler);
  const headers = new Headers();
  const { token } = await session.attach(headers, never);
  expect(session.place()).toEqual({ kind: "file" });
  expect(await tokenStore.load()).toMatchObject({ accessToken: token });
});
