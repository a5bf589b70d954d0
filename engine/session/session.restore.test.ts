import { describe, expect, test } from "vitest";
import { createSessionHarness, tokens } from "#engine/testing/session-harness.ts";

const signal = new AbortController().signal;

describe("restore", () => {
  test("takes up stored tokens of this server", async () => {
    const s = createSessionHarness(tokens());
    expect(s.state()).toEqual({ kind: "unknown" });
    await s.session.restore(signal);
    expect(s.state()).toEqual({ kind: "signed-in", accountId: "ann", accountName: "Ann", local: true });
    expect(await s.accessToken(signal)).toBe("access-1");
    expect(s.http.requests).toEqual([]);
    expect(s.updates).toEqual([
      { name: "auth.token_updated", accountId: "ann", accessExpiresAtMs: tokens().accessExpiresAtMs },
    ]);
    expect(s.session.place()).toEqual({ kind: "memory" });
  });

  test.each([
    { name: "nothing", stored: undefined, reason: "never" },
    {
      name: "tokens of another server",
      stored: tokens({ serverUrl: "https://other.example" }),
      reason: "never",
    },
    {
      name: "tokens past their end",
      stored: tokens({ accessExpiresAtMs: 1, refreshExpiresAtMs: 1 }),
      reason: "expired",
    },
  ])("with $name stored is signed out, and nothing is sent anywhere", async ({ stored, reason }) => {
    const s = createSessionHarness(stored);
    expect(await s.session.restore(signal)).toEqual({ kind: "signed-out", reason });
    await expect(s.accessToken(signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.http.requests).toEqual([]);
    expect(s.store.stored).toBe(stored);
  });

  test("tells of a store that cannot be read, and works once it can", async () => {
    const s = createSessionHarness(tokens());
    s.store.loadError = new Error("secret detail");
    expect(await s.session.restore(signal)).toMatchObject({ kind: "failed", code: "INTERNAL" });
    s.store.loadError = undefined;
    expect(await s.session.restore(signal)).toMatchObject({ kind: "signed-in" });
  });

  test("happens by itself at the first need of a token", async () => {
    const s = createSessionHarness(tokens());
    expect(await s.accessToken(signal)).toBe("access-1");
    expect(s.state().kind).toBe("signed-in");
  });
});
