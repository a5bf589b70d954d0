import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeHttp, json } from "#engine/testing/fake-http.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { createSignedInHttp, signedIn } from "./signed-in.ts";

const never = new AbortController().signal;

function setup() {
  const http = createFakeHttp();
  const session = createFakeSession("ann");
  const api = createSignedInHttp(http, session);
  const get = () => api.request({ method: "GET", path: "/v1/chats", headers: { accept: "a/b" } }, never);
  const bearers = () => http.requests.map(({ headers }) => headers?.["authorization"]);
  return { http, session, get, bearers };
}

describe("a request that needs a sign-in", () => {
  test("carries it beside its own headers", async () => {
    const { http, get } = setup();
    http.answer(() => json(200, {}));
    expect((await get()).status).toBe(200);
    expect(http.requests[0]?.headers).toEqual({ accept: "a/b", authorization: "Bearer token-1" });
  });

  test("that is refused renews the very token that was refused, once, and is made again", async () => {
    const { http, session, get, bearers } = setup();
    http.answer(({ headers }) => json(headers?.["authorization"] === "Bearer token-2" ? 200 : 401, {}));
    expect((await get()).status).toBe(200);
    expect(session.renewals).toEqual(["token-1"]);
    expect(bearers()).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("that is refused again ends the session, and is not made a third time", async () => {
    const { http, session, get, bearers } = setup();
    http.answer(() => json(401, { error: { code: "TOKEN_EXPIRED", message: "Over." } }));
    await expect(get()).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(session.refusals).toEqual(["token-2"]);
    expect(bearers()).toHaveLength(2);
  });

  test("that is answered with a 401 about something else is not a refused sign-in", async () => {
    const { http, session, get } = setup();
    http.answer(() => json(401, { error: { code: "CREDENTIALS_INVALID", message: "Wrong password." } }));
    expect((await get()).status).toBe(401);
    expect([session.renewals, session.refusals]).toEqual([[], []]);
  });

  test("without a way to renew throws why, and is not made again", async () => {
    const { http, session, get, bearers } = setup();
    http.answer(() => {
      session.failWith(new PipitError("SERVER_UNREACHABLE", "Away."));
      return json(401, {});
    });
    await expect(get()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(session.refusals).toEqual([]);
    expect(bearers()).toHaveLength(1);
  });

  test("is let go of at once when it is aborted while the sign-in is awaited", async () => {
    const session = { ...createFakeSession("ann"), attach: () => new Promise<never>(() => undefined) };
    const abort = new AbortController();
    let attempts = 0;
    const asking = signedIn(session, abort.signal, async () => (attempts += 1));
    abort.abort();
    await expect(asking).rejects.toMatchObject({ code: "CANCELLED" });
    expect(attempts).toBe(0);
  });
});
