import { describe, expect, test } from "vitest";
import type { HttpResponse } from "#engine/ports.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { createFakeHttp, form, json, unreachable } from "#engine/testing/fake-http.ts";
import { createFakeTokenStore } from "#engine/testing/fake-token-store.ts";
import { createSessionHarness, grant, START_MS, tokens } from "#engine/testing/session-harness.ts";

const signal = new AbortController().signal;

describe("refresh", () => {
  test("happens when less than 60 s remain, under the lock, saved before use", async () => {
    const s = createSessionHarness(tokens());
    s.http.answer(() => {
      expect(s.store.isLocked()).toBe(true);
      return grant(2);
    });
    s.clock.advance(840_000);
    expect(await s.accessToken(signal)).toBe("access-1");
    s.clock.advance(1);
    expect(await s.accessToken(signal)).toBe("access-2");
    expect(s.store.stored).toMatchObject({
      accessToken: "access-2",
      refreshToken: "refresh-2",
      serverUrl: tokens().serverUrl,
    });
    expect(s.http.requests).toHaveLength(1);
    expect(s.http.requests[0]).toMatchObject({ method: "POST", path: "/oauth/token" });
    expect(form(s.http.requests[0])).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      client_id: "pipit-cli",
    });
    expect(s.updates).toHaveLength(2);
  });

  test("of many callers at once is one; one caller's abort ends only its own waiting", async () => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    const answer = Promise.withResolvers<HttpResponse>();
    s.http.answer(() => answer.promise);
    const controller = new AbortController();
    const aborted = s.accessToken(controller.signal);
    const others = [s.accessToken(signal), s.renew("access-1", signal), s.accessToken(signal)];
    await settle();
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "CANCELLED" });
    answer.resolve(grant(2));
    expect(await Promise.all(others)).toEqual(["access-2", "access-2", "access-2"]);
    expect(s.http.requests).toHaveLength(1);
  });

  test("by two processes at once spends the refresh token once", async () => {
    const store = createFakeTokenStore(tokens({ accessExpiresAtMs: 0 }));
    const http = createFakeHttp();
    const spent = new Set<string>();
    http.answer((request) => {
      const token = form(request)["refresh_token"] ?? "";
      if (spent.has(token)) return json(400, { error: "invalid_grant" });
      spent.add(token);
      return grant(spent.size + 1);
    });
    const processes = [1, 2, 3, 4].map(() => createSessionHarness(undefined, { store, http }));
    const got = await Promise.all(processes.map((s) => s.accessToken(signal)));
    expect(got).toEqual(["access-2", "access-2", "access-2", "access-2"]);
    expect(http.requests).toHaveLength(1);
    expect(processes.every((s) => s.state().kind === "signed-in")).toBe(true);
  });

  test.each([
    {
      name: "no network",
      answer: () => Promise.reject<HttpResponse>(unreachable()),
      code: "SERVER_UNREACHABLE",
    },
    { name: "HTTP 500", answer: () => json(500, {}), code: "SERVER_UNREACHABLE" },
    {
      name: "HTTP 503 from a proxy",
      answer: () => ({ status: 503, headers: {}, body: "<html>" }),
      code: "SERVER_UNREACHABLE",
    },
    {
      name: "another OAuth error",
      answer: () => json(400, { error: "invalid_request" }),
      code: "SERVER_UNREACHABLE",
    },
    {
      name: "an unreadable answer",
      answer: () => json(200, { access_token: "x" }),
      code: "SERVER_UNREACHABLE",
    },
    { name: "HTTP 429", answer: () => json(429, {}, { "Retry-After": "7" }), code: "RATE_LIMITED" },
  ])("that fails by $name does not end the session", async ({ answer, code }) => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(answer);
    const error = await s.accessToken(signal).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    if (code === "RATE_LIMITED") expect(error).toMatchObject({ retryAfterMs: 7000 });
    expect(s.state().kind).toBe("signed-in");
    expect(s.store.stored?.refreshToken).toBe("refresh-1");
    s.http.answer(() => grant(2));
    expect(await s.accessToken(signal)).toBe("access-2");
  });

  test("that is never answered ends after 8 s, and the session stays", async () => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    let given: AbortSignal | undefined;
    s.http.answer((_request, limited) => {
      given = limited;
      return new Promise(() => {});
    });
    const pending = s.accessToken(signal);
    await settle();
    s.clock.advance(8000);
    await expect(pending).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(given?.aborted).toBe(true);
    expect(s.state().kind).toBe("signed-in");
  });

  test("that fails while the token still lives uses it", async () => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: START_MS + 30_000 }));
    expect(await s.accessToken(signal)).toBe("access-1");
    expect(s.http.requests).toHaveLength(1);
  });

  test.each([
    { name: "400 invalid_grant", answer: json(400, { error: "invalid_grant" }) },
    { name: "401", answer: json(401, { error: "invalid_client" }) },
    { name: "403", answer: json(403, {}) },
  ])("refused with $name ends the session and clears the store", async ({ answer }) => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(() => answer);
    await expect(s.accessToken(signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "expired" });
    expect(s.store.stored).toBeUndefined();
  });

  test.each([200, 401, 403])(
    "answered by a captive portal or a proxy with %i ends nothing",
    async (status) => {
      const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
      s.http.answer(() => ({ status, headers: {}, body: "<h1>Welcome to the hotel</h1>" }));
      await expect(s.accessToken(signal)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
      expect(s.state().kind).toBe("signed-in");
      expect(s.store.stored).toBeDefined();
    },
  );

  test("refused while another program has stored newer tokens counts as success", async () => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    s.http.answer(() => {
      s.store.stored = tokens({ accessToken: "access-9", refreshToken: "refresh-9" });
      return json(400, { error: "invalid_grant" });
    });
    expect(await s.accessToken(signal)).toBe("access-9");
    expect(s.state().kind).toBe("signed-in");
  });

  test("whose result cannot be stored is used anyway, and stored later", async () => {
    const s = createSessionHarness(tokens({ accessExpiresAtMs: 0 }));
    s.store.saveError = new Error("disk full");
    s.http.answer(() => grant(2));
    expect(await s.accessToken(signal)).toBe("access-2");
    expect(s.logger.lines.map((line) => line.event)).toContain("auth.tokens_not_saved");
    expect(s.store.stored?.accessToken).toBe("access-1");
    expect(s.session.place()).toEqual({ kind: "memory", fallbackReason: expect.any(String) });
    s.store.saveError = undefined;
    const reasons: (string | undefined)[] = [];
    s.session.onTokenUpdated(() => reasons.push(s.session.place().fallbackReason));
    expect(await s.accessToken(signal)).toBe("access-2");
    expect(reasons).toEqual([undefined]);
    expect(s.store.stored).toMatchObject({ accessToken: "access-2", refreshToken: "refresh-2" });
  });

  test("notices that another process has signed out, or signed in as somebody else", async () => {
    const out = createSessionHarness(tokens());
    await out.session.restore(signal);
    out.store.stored = undefined;
    await expect(out.renew("access-1", signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(out.state()).toEqual({ kind: "signed-out", reason: "logout" });
    const other = createSessionHarness(tokens());
    await other.session.restore(signal);
    other.store.stored = tokens({
      accessToken: "bobs",
      accountId: "bob",
      accessExpiresAtMs: START_MS + 800_000,
    });
    expect(await other.renew("access-1", signal)).toBe("bobs");
    expect(other.state()).toMatchObject({ accountId: "bob" });
  });
});

describe("renew and refuse", () => {
  test("renew of a token that is no longer current gives the current one", async () => {
    const s = createSessionHarness(tokens());
    expect(await s.renew("older", signal)).toBe("access-1");
    expect(s.http.requests).toEqual([]);
  });

  test("renew of the current token refreshes although it looks alive", async () => {
    const s = createSessionHarness(tokens());
    s.http.answer(() => grant(2));
    expect(await s.renew("access-1", signal)).toBe("access-2");
  });

  test("refuse ends the session, but not for an older token", async () => {
    const s = createSessionHarness(tokens());
    await s.session.restore(signal);
    await s.session.refuse({ accountId: "ann", token: "older" }, "refused", signal);
    expect(s.state().kind).toBe("signed-in");
    await s.session.refuse({ accountId: "ann", token: "access-1" }, "refused", signal);
    expect(s.state()).toEqual({ kind: "signed-out", reason: "refused" });
    expect(s.store.stored).toBeUndefined();
  });
});
