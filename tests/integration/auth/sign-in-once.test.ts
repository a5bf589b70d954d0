import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openAuthStage, PASSWORD, type AuthStage } from "#tests/testing/auth/auth-stage.ts";
import { doors } from "#tests/testing/auth/doors.ts";

/** Every SQL statement of this process from now on, until the test ends. */
function watchStatements(): readonly string[] {
  const seen: string[] = [];
  const statement = new Database(":memory:").prepare("select 1");
  const prototype = Object.getPrototypeOf(statement) as Database.Statement;
  for (const method of ["all", "run", "get"] as const) {
    const original = prototype[method];
    vi.spyOn(prototype, method).mockImplementation(function (this: Database.Statement, ...given: unknown[]) {
      seen.push(this.source);
      return Reflect.apply(original, this, given);
    });
  }
  return seen;
}

describe("a sign-in", () => {
  let stage: AuthStage;
  beforeEach(async () => {
    stage = await openAuthStage("SQLite");
    await stage.addAccount({ id: "ann" });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await stage[Symbol.asyncDispose]();
  });

  test.each(["/oauth/token", "/api/v1/token/", "/auth/login"])(
    "at %s is one transaction, with two looks at the account",
    async (path) => {
      const otp = await stage.addSecondFactor("ann");
      const seen = watchStatements();
      const shown = { login: "ann", password: PASSWORD, otp };
      expect(await doors[path]?.(stage.server, shown)).toEqual(expect.any(String));
      vi.restoreAllMocks();
      const statements = seen.map((text) => text.replaceAll('"', "").toLowerCase());
      // What the server does by itself meanwhile, on a slow machine, has nothing to do with accounts.
      const [, ...transactions] = statements.join("\n").split(/^begin.*/m);
      expect(
        transactions.filter((text) => /accounts|refresh_|web_sessions|audit_events/.test(text)),
      ).toHaveLength(1);
      const looks = statements.filter(
        (text) => /\b(from|update) accounts\b/.test(text) && /^select|returning/.test(text.trim()),
      );
      expect(looks).toHaveLength(2);
      const begun = statements.findIndex((text) => text.startsWith("begin"));
      expect(statements.findIndex((text) => text.includes("insert into audit_events"))).toBeGreaterThan(
        begun,
      );
    },
  );

  test("is counted once, at whichever door", async () => {
    const counted = async (): Promise<readonly string[]> =>
      (await stage.get("/metrics")).text
        .split("\n")
        .filter((line) => /^auth_(successful_logins|failed_login_attempts)_total/.test(line));
    expect(await counted()).toEqual(["auth_successful_logins_total 0"]);
    let entered = 0;
    for (const [path, enter] of Object.entries(doors)) {
      const otp = await stage.addSecondFactor("ann");
      expect([path, await enter(stage.server, { login: "ann", password: PASSWORD, otp })]).toEqual([
        path,
        expect.any(String),
      ]);
      entered += 1;
      expect(await counted()).toContain(`auth_successful_logins_total ${entered}`);
    }
    await doors["/auth/login"]?.(stage.server, { login: "ann", password: "Wrong-horse-9", otp: "" });
    await doors["/oauth/token"]?.(stage.server, { login: "nobody", password: PASSWORD, otp: "" });
    const failed = "auth_failed_login_attempts_total";
    expect(await counted()).toEqual([
      `auth_successful_logins_total ${entered}`,
      // The page asks for the code after the password.
      `${failed}{reason="code-missing"} 1`,
      `${failed}{reason="wrong-password"} 1`,
      `${failed}{reason="unknown-account"} 1`,
    ]);
  });

  test("that is refused is counted, also where it is one of more than the audit can bear", async () => {
    const guess = () => doors["/oauth/token"]?.(stage.server, { login: "ann", password: "Wrong-9", otp: "" });
    for (let count = 0; count < 5 + 650; count += 1) await guess();
    const { text } = await stage.get("/metrics");
    expect(text).toContain('auth_failed_login_attempts_total{reason="rate-limited"} 650');
  });
});
