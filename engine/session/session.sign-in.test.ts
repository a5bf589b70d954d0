import { describe, expect, test } from "vitest";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import type { HttpRequest } from "#engine/ports.ts";
import { form, json } from "#engine/testing/fake-http.ts";
import { createSessionHarness, grant, tokens } from "#engine/testing/session-harness.ts";

const signal = new AbortController().signal;

/** A JWT whose signature no client checks. */
function jwt(payload: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(payload)}.signature`;
}

describe("local sign-in", () => {
  test("exchanges the one-time secret", async () => {
    const s = createSessionHarness();
    s.secrets.push("one-time");
    s.http.answer(() => grant(1));
    const states: string[] = [];
    s.session.store.subscribe((state) => states.push(state.kind));
    expect(await s.session.signInLocally(signal)).toMatchObject({ kind: "signed-in", local: true });
    expect(states).toEqual(["signing-in", "signed-in"]);
    expect(form(s.http.requests[0])).toEqual({
      grant_type: LOCAL_GRANT_TYPE,
      secret: "one-time",
      client_id: "pipit-cli",
    });
    expect(s.store.stored?.accessToken).toBe("access-1");
  });

  test("reads the secret again when another process has used it up", async () => {
    const s = createSessionHarness();
    s.secrets.push("used", "fresh");
    s.http.answer((request: HttpRequest) =>
      form(request)["secret"] === "fresh" ? grant(1) : json(400, { error: "invalid_grant" }),
    );
    expect(await s.session.signInLocally(signal)).toMatchObject({ kind: "signed-in" });
  });

  test("takes the tokens that another process of this person has just got", async () => {
    const s = createSessionHarness();
    await s.session.restore(signal);
    s.store.stored = tokens();
    expect(await s.session.signInLocally(signal)).toMatchObject({ kind: "signed-in" });
    expect(s.http.requests).toEqual([]);
  });

  test.each([
    { name: "no secret", secrets: [], answer: undefined, code: "SIGNED_OUT" },
    {
      name: "a refused secret",
      secrets: ["a", "a"],
      answer: () => json(400, { error: "invalid_grant" }),
      code: "NOT_ALLOWED",
    },
    { name: "no server", secrets: ["a"], answer: undefined, code: "SERVER_UNREACHABLE" },
  ])("with $name fails by name, in the state too", async ({ secrets, answer, code }) => {
    const s = createSessionHarness();
    s.secrets.push(...secrets);
    if (answer !== undefined) s.http.answer(answer);
    await expect(s.session.signInLocally(signal)).rejects.toMatchObject({ code });
    expect(s.state()).toMatchObject({ kind: "failed", code });
  });

  test("that fails leaves an existing sign-in alone", async () => {
    const s = createSessionHarness(tokens());
    await s.session.restore(signal);
    s.secrets.push("a");
    await expect(s.session.signInLocally(signal)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(s.state()).toMatchObject({ kind: "signed-in" });
    expect(await s.accessToken(signal)).toBe("access-1");
  });
});

describe("sign-in with a token", () => {
  test("shows the name of its claims and uses it as it is", async () => {
    const s = createSessionHarness();
    const exp = s.clock.nowMs() / 1000 + 30;
    const token = jwt({ sub: "u1", name: "Zoë", exp });
    await s.session.signInWithToken(` ${token}\n`, signal);
    expect(s.state()).toEqual({ kind: "signed-in", accountId: "u1", accountName: "Zoë", local: false });
    expect(await s.accessToken(signal)).toBe(token);
    s.clock.advance(60_000);
    expect(await s.accessToken(signal)).toBe(token);
    await expect(s.renew(token, signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "expired" });
    expect(s.store.stored).toBeUndefined();
    expect(s.http.requests).toEqual([]);
  });

  test("refused by the server before its end signs out as refused; a token without an end is taken", async () => {
    const s = createSessionHarness();
    const token = jwt({ sub: "u1", preferred_username: "zoe" });
    await s.session.signInWithToken(token, signal);
    expect(s.state()).toMatchObject({ accountName: "zoe" });
    await expect(s.renew(token, signal)).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(s.state()).toEqual({ kind: "signed-out", reason: "refused" });
  });

  test.each(["", "abc", "a.b.c", jwt({ name: "no subject" }), `${jwt({ sub: "x" })}.more`])(
    "refuses what is no token (%#) without repeating it",
    async (token) => {
      const s = createSessionHarness();
      const error: unknown = await s.session
        .signInWithToken(token, signal)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "TOKEN_INVALID", field: "token" });
      if (token.length > 3) expect(String(error)).not.toContain(token);
    },
  );

  test("refuses one that ended long ago; ten minutes of clock skew are forgiven", async () => {
    const s = createSessionHarness();
    const nowS = s.clock.nowMs() / 1000;
    await expect(s.session.signInWithToken(jwt({ sub: "x", exp: nowS - 600 }), signal)).rejects.toMatchObject(
      {
        code: "TOKEN_EXPIRED",
      },
    );
    expect(await s.session.signInWithToken(jwt({ sub: "x", exp: nowS - 599 }), signal)).toMatchObject({
      kind: "signed-in",
    });
  });
});
