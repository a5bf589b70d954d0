import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { failure, never, openSession, PASSWORD } from "./session-stage.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await using person = openSession(server.httpUrl);
  await person.session.register({ login: "ann", password: PASSWORD, displayName: "Ann" }, never);
});
afterAll(() => server[Symbol.asyncDispose]());

/** What a person does in the system's browser, up to where it is sent back to this machine. */
async function signInAtPages(address: string): Promise<URL> {
  const browser = createFormBrowser(new URL(address).origin);
  const page = await browser.open(address);
  return browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
}

test("a browser signs a person in, and only the answer to this very sign-in is taken", async () => {
  await using person = openSession(server.httpUrl);
  const opened: string[] = [];
  const pages: string[] = [];
  const come = async (back: URL): Promise<void> => {
    const answer = await fetch(back);
    pages.push(`${answer.status} ${await answer.text()}`);
  };
  const signedIn = await person.session.signInByBrowser(async (address) => {
    opened.push(address);
    const back = await signInAtPages(address);
    const other = new URL(back);
    other.searchParams.set("state", "of-another-sign-in");
    await come(other);
    await come(back);
  }, never);
  expect(signedIn).toMatchObject({ kind: "signed-in", accountName: "Ann" });
  expect(pages).toEqual([
    expect.stringMatching(/^400 .*not the sign-in/su),
    expect.stringMatching(/^200 .*You can close this page/su),
  ]);
  const asked = new URL(opened[0] ?? "");
  expect(Object.fromEntries(asked.searchParams)).toMatchObject({
    response_type: "code",
    code_challenge_method: "S256",
    redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/u),
  });
  // The port is closed, and the tokens are good.
  expect(await failure(fetch(asked.searchParams.get("redirect_uri") ?? ""))).toBeInstanceOf(TypeError);
  expect(await person.ask("GET", "/oauth/sessions")).toMatchObject({ status: 200 });
  expect(JSON.stringify(person.logger.lines)).not.toContain("code=");
});

test("what is no address ends neither the waiting nor the program", async () => {
  await using person = openSession(server.httpUrl);
  const signedIn = await person.session.signInByBrowser(async (address) => {
    const back = await signInAtPages(address);
    // Any page may make a browser ask the first of these.
    for (const path of ["//", "//x:99999", "http://["]) {
      const [answer] = (await once(get({ host: back.hostname, port: back.port, path }), "response")) as [
        IncomingMessage,
      ];
      expect([path, answer.resume().statusCode]).toEqual([path, 404]);
    }
    await fetch(back);
  }, never);
  expect(signedIn).toMatchObject({ kind: "signed-in", accountName: "Ann" });
});

test.each([
  ["that declines", { error: "access_denied", code: undefined }, /declined/u],
  ["from a server of another name", { iss: "https://evil.example" }, /another server/u],
  ["from a server that gives no name", { iss: undefined }, /another server/u],
])("an answer %s ends the sign-in", async (_name, change, message) => {
  await using person = openSession(server.httpUrl);
  const refused = await failure(
    person.session.signInByBrowser(async (address) => {
      const back = await signInAtPages(address);
      for (const [name, value] of Object.entries(change)) {
        if (value === undefined) back.searchParams.delete(name);
        else back.searchParams.set(name, value);
      }
      expect(await (await fetch(back)).text()).toContain("was not completed");
    }, never),
  );
  expect(refused).toMatchObject({ code: "NOT_ALLOWED", message: expect.stringMatching(message) });
  expect(person.session.store.getState()).toEqual({ kind: "unknown" });
});

test("a server that stops half way ends the sign-in, says so, and leaves the person as they were", async () => {
  const own = await startTestServer({ ownIssuer: true });
  await using stopped = new AsyncDisposableStack();
  stopped.use(own);
  await using person = openSession(own.httpUrl);
  await person.session.register({ login: "ann", password: PASSWORD, displayName: "" }, never);
  await using other = openSession(own.httpUrl);
  const opened: string[] = [];
  const byBrowser = other.session.signInByBrowser(async (address) => {
    opened.push(new URL(address).searchParams.get("redirect_uri") ?? "");
    const back = await signInAtPages(address);
    await stopped.disposeAsync();
    await fetch(back);
  }, never);
  const away = { code: "SERVER_UNREACHABLE" };
  expect(await failure(byBrowser)).toMatchObject(away);
  expect(await failure(fetch(opened[0] ?? ""))).toBeInstanceOf(TypeError);
  const account = { login: "ann", password: PASSWORD, code: "123456", displayName: "" };
  expect(await failure(other.session.signInWithPassword(account, never))).toMatchObject(away);
  expect(await failure(other.session.register(account, never))).toMatchObject(away);
  expect(await failure(other.session.signInByDevice(() => undefined, never))).toMatchObject(away);
  expect(other.session.store.getState()).toEqual({ kind: "unknown" });
  expect(other.store.stored).toBeUndefined();
  expect(person.session.store.getState()).toMatchObject({ kind: "signed-in" });
});

test("giving up, or another sign-in, closes the port and leaves the person as they were", async () => {
  await using person = openSession(server.httpUrl);
  const giveUp = new AbortController();
  const opened = [Promise.withResolvers<URL>(), Promise.withResolvers<URL>()] as const;
  const first = person.session.signInByBrowser(async (address) => {
    opened[0].resolve(new URL(address));
  }, never);
  const portOf = async (address: Promise<URL>) => (await address).searchParams.get("redirect_uri") ?? "";
  const firstPort = await portOf(opened[0].promise);
  expect((await fetch(firstPort)).status).toBe(400);
  const second = person.session.signInByBrowser(async (address) => {
    opened[1].resolve(new URL(address));
  }, giveUp.signal);
  expect(await failure(first)).toMatchObject({ code: "CANCELLED" });
  expect(await failure(fetch(firstPort))).toBeInstanceOf(TypeError);
  const secondPort = await portOf(opened[1].promise);
  expect(secondPort).not.toBe(firstPort);
  giveUp.abort();
  expect(await failure(second)).toMatchObject({ code: "CANCELLED" });
  expect(await failure(fetch(secondPort))).toBeInstanceOf(TypeError);
  expect(person.session.store.getState()).toEqual({ kind: "unknown" });
});

test("a server that claims to be another, or sends people elsewhere, opens no browser", async () => {
  let metadata: object = {};
  const impostor = createServer((_, response) => response.end(JSON.stringify(metadata)));
  await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
  try {
    const http = createHttpClient(`http://127.0.0.1:${(impostor.address() as AddressInfo).port}`);
    // Its address is what the person named; where the bytes go is what a test can have.
    await using person = openSession("https://pipit.example", { http });
    const honest = "https://honest.example";
    const grants = { grant_types_supported: ["authorization_code"] };
    const open = async () => expect.fail("A browser was opened.");
    metadata = { issuer: honest, authorization_endpoint: "https://pipit.example/oauth/authorize", ...grants };
    const claimed = await failure(person.session.signInByBrowser(open, never));
    expect(claimed).toMatchObject({ code: "NOT_ALLOWED", message: expect.stringContaining(honest) });
    metadata = {
      issuer: "https://pipit.example",
      authorization_endpoint: `${honest}/oauth/authorize`,
      ...grants,
    };
    const elsewhere = await failure(person.session.signInByBrowser(open, never));
    expect(elsewhere).toMatchObject({ code: "NOT_ALLOWED", message: expect.stringContaining(honest) });
    // A server of this machine may be at another port, but its page opens no other program.
    const here = "http://127.0.0.1:8787";
    await using local = openSession(here, { http });
    metadata = { issuer: here, authorization_endpoint: "calculator://127.0.0.1/x", ...grants };
    const program = await failure(local.session.signInByBrowser(open, never));
    expect(program).toMatchObject({ code: "NOT_ALLOWED" });
  } finally {
    impostor.closeAllConnections();
    impostor.close();
  }
});
