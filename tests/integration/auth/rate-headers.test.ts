import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAuthStage, PASSWORD, type AuthStage } from "#tests/testing/auth/auth-stage.ts";

let stage: AuthStage;
let accounts = 0;
beforeAll(async () => {
  stage = await openAuthStage("SQLite");
});
afterAll(() => stage[Symbol.asyncDispose]());

/** An account of its own, so that no test is limited by another. */
async function addAccount(): Promise<string> {
  accounts += 1;
  const login = `Person${accounts}`;
  await stage.addAccount({ id: `person-${accounts}`, login });
  return login;
}

interface Counted {
  readonly status: number;
  readonly limit: string | null;
  readonly remaining: string | null;
  readonly reset: number;
  readonly retryAfter: string | null;
}

async function send(path: string, body: object, headers: Readonly<Record<string, string>>): Promise<Counted> {
  const isForm = path.startsWith("/oauth/") || path === "/auth/sign-in";
  const answer = await fetch(stage.url + path, {
    method: path === "/auth/password" ? "PUT" : "POST",
    headers: {
      "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
      "x-forwarded-proto": "https",
      ...headers,
    },
    body: isForm ? new URLSearchParams(body as Record<string, string>) : JSON.stringify(body),
  });
  return {
    status: answer.status,
    limit: answer.headers.get("x-ratelimit-limit"),
    remaining: answer.headers.get("x-ratelimit-remaining"),
    reset: Number(answer.headers.get("x-ratelimit-reset")),
    retryAfter: answer.headers.get("retry-after"),
  };
}

const from = (address: string) => ({ "x-forwarded-for": address });

/** The three doors that take a password, and what each says to a wrong one. */
const doors = [
  {
    path: "/oauth/token",
    wrong: 400,
    bodyOf: (username: string, password: string) => ({
      grant_type: "password",
      client_id: "pipit-cli",
      username,
      password,
    }),
  },
  {
    path: "/auth/login",
    wrong: 401,
    bodyOf: (login: string, password: string) => ({ login, password }),
  },
  {
    path: "/api/v1/token/",
    wrong: 401,
    bodyOf: (username: string, password: string) => ({ username, password }),
  },
] as const;

describe.each(doors)("X-RateLimit-* of $path", ({ path, wrong, bodyOf }) => {
  const signIn = (login: string, password: string, address: string) =>
    send(path, bodyOf(login, password), from(address));

  test("counts down on wrong passwords, and says how long until 429 is over: 5 a minute for an address", async () => {
    const door = doors.findIndex((one) => one.path === path);
    const address = `203.0.113.${door}`;
    for (const remaining of ["4", "3", "2", "1", "0"]) {
      expect(await signIn(`nobody-${door}`, "Wrong-horse-1", address)).toMatchObject({
        status: wrong,
        limit: "5",
        remaining,
        reset: 60,
        retryAfter: null,
      });
    }
    expect(await signIn(await addAccount(), PASSWORD, address)).toEqual({
      status: 429,
      limit: "5",
      remaining: "0",
      reset: 60,
      retryAfter: "60",
    });
    stage.advance(60_000);
  });

  test("of a right password says that it cost nothing", async () => {
    const login = await addAccount();
    const address = `198.51.100.${accounts}`;
    expect(await signIn(login, "Wrong-horse-1", address)).toMatchObject({ limit: "5", remaining: "4" });
    expect(await signIn(login, PASSWORD, address)).toMatchObject({ status: 200, limit: "5", remaining: "4" });
    stage.advance(60_000);
    expect(await signIn(login, PASSWORD, address)).toMatchObject({ status: 200, limit: "5", remaining: "5" });
  });

  test("names the account's limits: 5 in a row lock it, 10 an hour are all there are", async () => {
    const [locked, busy] = [await addAccount(), await addAccount()];
    for (let count = 0; count < 5; count++) await signIn(locked, "Wrong-horse-1", `192.0.2.${count}`);
    expect(await signIn(locked, PASSWORD, "192.0.2.9")).toEqual({
      status: 429,
      limit: "5",
      remaining: "0",
      reset: 900,
      retryAfter: "900",
    });
    for (let count = 0; count < 10; count++) {
      await signIn(busy, "Wrong-horse-1", `192.0.2.${20 + count}`);
      if (count === 3 || count === 7) await signIn(busy, PASSWORD, `192.0.2.${40 + count}`);
    }
    expect(await signIn(busy, PASSWORD, "192.0.2.60")).toEqual({
      status: 429,
      limit: "10",
      remaining: "0",
      reset: 3600,
      retryAfter: "3600",
    });
    stage.advance(3_600_000);
  });
});

describe("X-RateLimit-* elsewhere", () => {
  test("stands on whatever else is counted, with the limit of that", async () => {
    const { accessToken } = await stage.signIn(await addAccount());
    const authorization = `Bearer ${accessToken}`;
    const counted = (path: string, body: object, address: string) =>
      send(path, body, { ...from(address), authorization });
    const passwords = { old_password: "Wrong-horse-1", new_password: "Correct-horse-2" };
    expect(await counted("/auth/password", passwords, "203.0.113.71")).toMatchObject({
      status: 401,
      limit: "5",
      remaining: "4",
    });
    expect(await counted("/auth/otp/init", { password: PASSWORD }, "203.0.113.72")).toMatchObject({
      status: 200,
      limit: "5",
      remaining: "5",
    });
    expect(await counted("/auth/otp/confirm", { otp: "000000" }, "203.0.113.73")).toMatchObject({
      status: 401,
      limit: "5",
      remaining: "4",
    });
    expect(
      await send("/auth/sign-in", { code: "wrong", digits: "1234" }, from("203.0.113.74")),
    ).toMatchObject({
      status: 401,
      limit: "20",
      remaining: "19",
    });
    const wanted = { login: "newcomer", password: PASSWORD };
    expect(await send("/auth/register", wanted, from("203.0.113.75"))).toMatchObject({
      status: 200,
      limit: "100",
    });
  });

  test("stands on nothing that is not counted", async () => {
    const { accessToken, refreshToken } = await stage.signIn(await addAccount());
    const me = await stage.get("/auth/me", { authorization: `Bearer ${accessToken}` });
    const refreshed = await stage.refresh(refreshToken);
    for (const { status, headers } of [me, refreshed]) {
      expect([status, [...headers.keys()].filter((name) => name.startsWith("x-ratelimit"))]).toEqual([
        200,
        [],
      ]);
    }
  });
});
