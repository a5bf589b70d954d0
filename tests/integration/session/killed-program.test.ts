import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createCredentialsFileTokenStore,
  CREDENTIALS_LOCK,
} from "#engine/node/keychain/credentials-file-token-store.ts";
import { makeTempHome } from "#engine/node/testing/temp-home.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { never, openSession, PASSWORD } from "./session-stage.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A home in which a person is signed in. */
async function openHome(login: string) {
  const home = await makeTempHome();
  const { httpUrl: serverUrl } = server;
  const file = { home: home.path, serverUrl, ownServer: false, logger: createFakeLogger() };
  const store = createCredentialsFileTokenStore(file);
  await using person = openSession(serverUrl, { tokenStore: store });
  await person.session.register({ login, password: PASSWORD, displayName: "" }, never);
  return { home, store, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

async function startProgram(home: string, ...more: string[]): Promise<ChildProcess & AsyncDisposable> {
  const program = join(import.meta.dirname, "refresh-program.ts");
  const child = fork(program, [home, server.httpUrl, ...more], { execArgv: [], stdio: "inherit" });
  await once(child, "message");
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  });
}

test("a program that is killed while it switches accounts loses none, and takes none for another", async () => {
  await using place = await openHome("eve");
  const { store } = place;
  await using second = openSession(server.httpUrl, { tokenStore: store });
  await second.session.register({ login: "ada", password: PASSWORD, displayName: "" }, never);
  const ids = (await store.accounts()).map(({ accountId }) => accountId);
  expect(ids).toHaveLength(2);
  for (const switches of [3, 8]) {
    await using child = await startProgram(place.home.path);
    child.send(ids);
    for (let count = 0; count < switches; count += 1) await once(child, "message");
    child.kill("SIGKILL");
    await once(child, "exit");
    await rm(join(place.home.path, CREDENTIALS_LOCK), { recursive: true, force: true });
    const kept = await store.accounts();
    expect(kept.map(({ accountId }) => accountId).toSorted()).toEqual(ids.toSorted());
    const active = kept.filter((one) => one.active);
    expect(active).toHaveLength(1);
    expect((await store.load())?.accountId).toBe(active[0]?.accountId);
  }
  for (const id of ids) {
    await store.withLock(() => store.activate(id), never);
    await using person = openSession(server.httpUrl, { tokenStore: store });
    await person.session.renewAfter(await person.session.attach(new Headers(), never), never);
    expect(await person.ask("GET", "/auth/me")).toMatchObject({ status: 200 });
    expect((await store.load())?.accountId).toBe(id);
  }
});

test("a program that dies between new tokens and their storing leaves the sign-in alive for the next", async () => {
  await using place = await openHome("ann");
  const before = await place.store.load();
  await using child = await startProgram(place.home.path, "dies");
  child.send("renew");
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  expect(await place.store.load()).toEqual(before);
  // A dead program's lock is taken over when it is ten seconds old.
  await utimes(join(place.home.path, CREDENTIALS_LOCK), 0, 0);
  await using next = await startProgram(place.home.path);
  for (const _ of [1, 2]) {
    next.send("renew");
    expect(await once(next, "message")).toEqual([expect.stringMatching(/^ey/u), undefined]);
  }
  expect((await place.store.load())?.refreshToken).not.toBe(before?.refreshToken);
});
