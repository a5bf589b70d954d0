import { describe, expect, test } from "vitest";
import type { HttpResponse } from "#engine/ports.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { form, json } from "#engine/testing/fake-http.ts";
import { createSessionHarness, grant, tokens } from "#engine/testing/session-harness.ts";

const signal = new AbortController().signal;

describe("sign-out", () => {
  test("forgets at once, clears the store and revokes at the server", async () => {
    const s = createSessionHarness(tokens());
    await s.session.restore(signal);
    s.http.answer(() => json(200, {}));
    const done = s.session.signOut(signal);
    expect(s.state()).toEqual({ kind: "signed-out", reason: "logout" });
    await done;
    expect(s.store.stored).toBeUndefined();
    expect(s.http.requests[0]?.path).toBe("/oauth/revoke");
    expect(form(s.http.requests[0])).toMatchObject({ token: "refresh-1" });
    await expect(s.accessToken(signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
  });

  test("works without a server, and leaves another server's sign-in alone", async () => {
    const s = createSessionHarness(tokens());
    await s.session.signOut(signal);
    expect(s.store.stored).toBeUndefined();
    const foreign = tokens({ serverUrl: "https://other.example" });
    const other = createSessionHarness(foreign);
    await other.session.signOut(signal);
    expect(other.store.stored).toBe(foreign);
    expect(other.http.requests).toEqual([]);
  });

  test("during a refresh wins: the fresh tokens are cleared and revoked too", async () => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    const answer = Promise.withResolvers<HttpResponse>();
    s.http.answer((request) => (request.path === "/oauth/token" ? answer.promise : json(200, {})));
    const token = s.accessToken(signal).catch((reason: unknown) => reason);
    await settle();
    const out = s.session.signOut(signal);
    answer.resolve(grant(2));
    await out;
    expect(await token).toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "logout" });
    expect(s.store.stored).toBeUndefined();
    expect(form(s.http.requests.at(-1))).toMatchObject({ token: "refresh-2" });
  });

  test("disposing ends a running refresh", async () => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(() => new Promise(() => {}));
    const token = s.accessToken(signal).catch((reason: unknown) => reason);
    await settle();
    await s.session[Symbol.asyncDispose]();
    expect(await token).toMatchObject({ code: "CANCELLED" });
  });
});

describe("another account", () => {
  const bob = {
    accountId: "bob",
    accountName: "Bob",
    accessToken: "access-bob",
    refreshToken: "refresh-bob",
  };

  test("is switched to and back; each keeps its tokens, and a refresh is of the one in use", async () => {
    const s = createSessionHarness(tokens());
    await s.store.save(tokens({ ...bob, accessExpiresAtMs: 0 }));
    await s.session.restore(signal);
    const ann = tokens().accountId;
    expect(await s.session.switchTo(ann, signal)).toMatchObject({ kind: "signed-in", accountId: ann });
    expect(await s.accessToken(signal)).toBe("access-1");
    expect((await s.session.accounts()).map((one) => [one.accountId, one.active])).toEqual([
      [ann, true],
      ["bob", false],
    ]);
    await s.session.switchTo("bob", signal);
    s.http.answer(() => grant(7));
    await s.accessToken(signal).catch(() => undefined);
    expect(form(s.http.requests.at(-1))).toMatchObject({ refresh_token: "refresh-bob" });
  });

  test("that is not signed in is told so, and nothing changes", async () => {
    const s = createSessionHarness(tokens());
    const before = await s.session.restore(signal);
    await expect(s.session.switchTo("bob", signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual(before);
  });

  test("is signed out and revoked, and the one in use stays", async () => {
    const s = createSessionHarness(tokens(bob));
    await s.store.save(tokens());
    const before = await s.session.restore(signal);
    s.http.answer(() => json(200, {}));
    await s.session.signOut(signal, "bob");
    expect(form(s.http.requests[0])).toMatchObject({ token: "refresh-bob" });
    expect(s.state()).toEqual(before);
    expect(await s.session.accounts()).toHaveLength(1);
  });
});

test("no token or secret is ever logged or shown", async () => {
  const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
  s.store.saveError = new Error("disk full");
  s.http.answer(() => grant(2));
  await s.accessToken(signal);
  s.http.answer(() => json(400, { error: "invalid_grant" }));
  await s.renew("access-2", signal).catch(() => {});
  s.secrets.push("one-time", "one-time");
  await s.session.signInLocally(signal).catch(() => {});
  expect(s.logger.lines.length).toBeGreaterThan(0);
  const seen = JSON.stringify([s.logger.lines, s.updates, s.state()]);
  expect(seen).not.toMatch(/access-\d|refresh-\d|one-time/);
});
