import { decodeJwt } from "jose";
import { generateSync } from "otplib/functional";
import { describe, expect, test } from "vitest";
import { Auth } from "#proto/auth_pb.ts";
import { Otp } from "#proto/otp_pb.ts";
import { readServerConfig } from "#server/config/config.ts";
import { databasesBySize } from "#server/testing/databases.ts";
import { GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer, type TestServerOverrides } from "./start-test-server.ts";
import { send, statusOfToken, totpCode } from "./web-stage.ts";

const PASSWORD = "Correct-horse-1";
const ann = { login: "ann", password: PASSWORD };
const OK = 0;
const UNAUTHENTICATED = 16;

/** The original's console client, on another implementation of gRPC. */
class OriginalClient implements Disposable {
  readonly #client: GrpcJsClient;
  constructor({ grpcUrl }: TestServer) {
    this.#client = new GrpcJsClient(grpcUrl);
  }

  async register(request = ann) {
    return this.#unary(await this.#client.call(Auth.method.register, request));
  }

  async login(request = ann) {
    return this.#unary(await this.#client.call(Auth.method.login, request));
  }

  /** Token of a login that must work. */
  async token(): Promise<string> {
    const { success, token } = await this.login();
    expect(success).toBe(true);
    return token;
  }

  async initOtp(token: string, login = "ann") {
    return this.#unary(await this.#client.call(Otp.method.initOtp, { login }, { token }));
  }

  async checkOtp(token: string, otp: string, login = "ann") {
    return this.#unary(await this.#client.call(Otp.method.checkOtp, { login, otp }, { token }));
  }

  /** Status and text of a call that may be refused by its token. */
  async checkOtpStatus(headers: Readonly<Record<string, string>>): Promise<[code: number, details: string]> {
    const { code, details } = await this.#client.call(
      Otp.method.checkOtp,
      { login: "ann", otp: "1" },
      headers,
    );
    // This client leaves reserved characters as they were encoded.
    return [code, decodeURIComponent(details)];
  }

  #unary<Message>({
    code,
    details,
    messages,
  }: {
    code: number;
    details: string;
    messages: readonly Message[];
  }) {
    expect([code, details]).toEqual([OK, ""]);
    const [message] = messages;
    if (message === undefined) throw new Error("no answer");
    return message;
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

function secretOf(uri: string): string {
  return new URL(uri).searchParams.get("secret") ?? "";
}

describe.each(databasesBySize)("Auth and Otp over gRPC on $name", ({ name }) => {
  const start = (more: TestServerOverrides = {}) => startTestServer({ database: name, ...more });

  test("refusals stand in the answers, with status OK and the original's texts", async () => {
    await using server = await start();
    using client = new OriginalClient(server);
    expect(await client.register()).toMatchObject({ success: true, error: "" });
    expect(await client.register({ ...ann, login: "ANN" })).toMatchObject({
      success: false,
      error: "Login already exists",
    });
    expect(await client.register({ login: "bob", password: "" })).toMatchObject({
      success: false,
      error: expect.stringMatching(/^password: /),
    });
    const refused = { success: false, token: "", error: "Invalid login or password." };
    expect(await client.login({ login: "nobody", password: PASSWORD })).toMatchObject(refused);
    expect(await client.login({ ...ann, password: "Wrong-horse-1" })).toMatchObject(refused);
    const token = await client.token();
    expect(await statusOfToken(server, token)).toBe(200);
    const { iat = 0, exp = 0 } = decodeJwt(token);
    expect(exp - iat).toBe(24 * 60 * 60);
  });

  test("where only an admin makes accounts, nobody makes one by this way either", async () => {
    const { auth } = readServerConfig({ argv: [], env: { PIPIT_REGISTRATION: "closed" } });
    await using server = await start({ config: { auth } });
    using client = new OriginalClient(server);
    expect(await client.register()).toMatchObject({
      success: false,
      error: "Only an admin makes accounts on this server. Ask yours for one.",
    });
    expect(await client.login()).toMatchObject({ success: false, error: "Invalid login or password." });
  });

  test("guesses are counted by address and account, as everywhere", async () => {
    await using server = await start();
    using client = new OriginalClient(server);
    await client.register();
    for (let count = 0; count < 5; count++) await client.login({ ...ann, password: "Wrong-horse-1" });
    expect(await client.login()).toMatchObject({ success: false, error: expect.stringContaining("Wait") });
    const byWeb = await send(server.httpUrl, {
      method: "POST",
      path: "/auth/login",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ann),
    });
    expect(byWeb.status).toBe(429);
  });

  test("with a second factor a login is good for CheckOtp alone, until a code was taken, once", async () => {
    await using server = await start();
    using client = new OriginalClient(server);
    await client.register();
    const first = await client.token();
    expect(await client.checkOtp(first, "123456")).toMatchObject({
      valid: false,
      error: expect.stringContaining("InitOtp"),
    });
    const { secret: uri } = await client.initOtp(first);
    expect(uri).toMatch(/^otpauth:\/\/totp\/Pipit:ann\?secret=[A-Z2-7]{32}&issuer=Pipit$/);
    const secret = secretOf(uri);
    expect(await client.checkOtp(first, "000000")).toMatchObject({ valid: false, error: "Invalid otp" });
    const code = totpCode(secret);
    expect(await client.checkOtp(first, code)).toMatchObject({ valid: true, error: "" });
    expect(await statusOfToken(server, first)).toBe(200);
    // In force: nothing replaces it without a code.
    expect(await client.initOtp(first)).toMatchObject({ secret: "", error: expect.stringContaining("code") });

    const second = await client.token();
    expect(await statusOfToken(server, second)).toBe(401);
    expect(await client.checkOtp(second, code)).toMatchObject({ valid: false, error: "Invalid otp" });
    const next = totpCode(secret, 1);
    // The digits, and nothing around them.
    expect(await client.checkOtp(second, ` ${next}`)).toMatchObject({ valid: false, error: "Invalid otp" });
    expect(await client.checkOtp(second, next)).toMatchObject({ valid: true, error: "" });
    expect(await statusOfToken(server, second)).toBe(200);
    const third = await client.token();
    expect(await client.checkOtp(third, next)).toMatchObject({ valid: false, error: "Invalid otp" });
    expect(await statusOfToken(server, third)).toBe(401);
  });

  test("a token is for its own login, whatever the request says", async () => {
    await using server = await start();
    using client = new OriginalClient(server);
    await client.register();
    await client.register({ login: "bob", password: PASSWORD });
    const token = await client.token();
    const refused = { error: expect.stringMatching(/^No such user/) };
    expect(await client.initOtp(token, "bob")).toMatchObject({ secret: "", ...refused });
    expect(await client.initOtp(token, "nobody")).toMatchObject({ secret: "", ...refused });
    expect(await client.checkOtp(token, "123456", "bob")).toMatchObject({ valid: false, ...refused });
  });

  test("a bad token is UNAUTHENTICATED with the original's text", async () => {
    await using server = await start();
    using client = new OriginalClient(server);
    const bad = [UNAUTHENTICATED, expect.stringMatching(/^Invalid token: /)];
    for (const headers of [{}, { token: "garbage" }, { authorization: "Bearer a.b.c" }]) {
      expect(await client.checkOtpStatus(headers)).toEqual(bad);
    }
    const [code] = await client.checkOtpStatus({ authorization: `Bearer ${server.accessToken}` });
    expect(code).toBe(OK);
  });

  test("PIPIT_LEGACY_OTP_OPTIONAL restores the original's order", async () => {
    await using plain = await start();
    const { config } = plain;
    await plain[Symbol.asyncDispose]();
    await using server = await start({ config: { auth: { ...config.auth, legacyOtpOptional: true } } });
    using client = new OriginalClient(server);
    await client.register();
    const first = await client.token();
    const secret = secretOf((await client.initOtp(first)).secret);
    expect(await client.checkOtp(first, totpCode(secret))).toMatchObject({ valid: true });
    const second = await client.token();
    expect(await statusOfToken(server, second)).toBe(200);
    expect(await client.checkOtp(second, totpCode(secret, 1))).toMatchObject({ valid: true });
  });
});

describe("[W1] without a token, under PIPIT_LEGACY_OTP_OPTIONAL", () => {
  const minute = 60_000;

  async function open(env: Readonly<Record<string, string>> = {}) {
    const stack = new AsyncDisposableStack();
    let nowMs = Date.now();
    const { auth, trustedProxies } = readServerConfig({
      argv: [],
      env: { PIPIT_LEGACY_OTP_OPTIONAL: "1", ...env },
    });
    const clock = { nowMs: () => nowMs };
    const server = stack.use(await startTestServer({ config: { auth, trustedProxies }, deps: { clock } }));
    const wire = stack.use(new GrpcJsClient(server.grpcUrl));
    const original = stack.use(new OriginalClient(server));
    return {
      server,
      original,
      advance: (durationMs: number) => void (nowMs += durationMs),
      codeOf: (secret: string) => generateSync({ secret, epoch: Math.floor(nowMs / 1000) }),
      /** What stands in the answer, or the status. */
      async begin(login = "ann", headers: Readonly<Record<string, string>> = {}) {
        const { code, messages } = await wire.call(Otp.method.initOtp, { login }, headers);
        return code === OK ? (messages[0]?.secret ?? "") : code;
      },
      async check(otp: string, login = "ann", headers: Readonly<Record<string, string>> = {}) {
        const { code, messages } = await wire.call(Otp.method.checkOtp, { login, otp }, headers);
        return code === OK ? (messages[0]?.valid === true ? "valid" : (messages[0]?.error ?? "")) : code;
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }

  test("only this machine is let through, and a token that is shown is verified", async () => {
    await using stage = await open();
    await stage.original.register();
    for (const headers of [
      { "x-forwarded-for": "192.0.2.1" },
      { origin: "https://evil.example" },
      { token: "garbage" },
      { authorization: "Bearer a.b.c" },
    ]) {
      expect(await stage.begin("ann", headers)).toBe(UNAUTHENTICATED);
      expect(await stage.check("123456", "ann", headers)).toBe(UNAUTHENTICATED);
    }
    expect(await stage.begin()).toMatch(/^otpauth:/);
  });

  test("the networks that the operator names are let through as well", async () => {
    const networks = "192.0.2.0/24,2001:db8::/32,127.0.0.0/8";
    const from = (address: string) => ({ "x-forwarded-for": address });
    {
      await using stage = await open({
        PIPIT_LEGACY_OTP_NETWORKS: networks,
        PIPIT_TRUSTED_PROXIES: "127.0.0.1",
      });
      await stage.original.register();
      const inside = ["192.0.2.7", "::ffff:192.0.2.8", "2001:db8::7", "198.51.100.1, 192.0.2.9:4711"];
      for (const address of inside) expect(await stage.begin("ann", from(address))).toMatch(/^otpauth:/);
      const outside = ["192.0.3.7", "::ffff:192.0.3.8", "2001:db9::7", "192.0.2.9, 198.51.100.1"];
      for (const address of outside) {
        expect(await stage.begin("ann", from(address))).toBe(UNAUTHENTICATED);
        expect(await stage.check("123456", "ann", from(address))).toBe(UNAUTHENTICATED);
      }
      const page = { ...from("192.0.2.7"), origin: "https://evil.example" };
      expect(await stage.begin("ann", page)).toBe(UNAUTHENTICATED);
    }
    // A proxy that is not trusted speaks for anyone, wherever it stands itself.
    await using untrusted = await open({ PIPIT_LEGACY_OTP_NETWORKS: networks });
    await untrusted.original.register();
    for (const headers of [from("192.0.2.7"), { via: "2.0 proxy" }]) {
      expect(await untrusted.begin("ann", headers)).toBe(UNAUTHENTICATED);
    }
  });

  test("a secret is begun within ten minutes of Register, and never in place of one", async () => {
    await using stage = await open();
    await stage.original.register();
    await stage.original.register({ login: "bob", password: PASSWORD });
    stage.advance(10 * minute - 1);
    const secret = secretOf(String(await stage.begin()));
    expect(await stage.check(stage.codeOf(secret))).toBe("valid");
    for (const login of ["ann", "nobody", "local", "a\0b"]) expect(await stage.begin(login)).toBe("");
    stage.advance(1);
    expect(await stage.begin("bob")).toBe("");
    // The one in force is still that of before; its code works once.
    stage.advance(minute);
    expect(await stage.check(stage.codeOf(secret))).toBe("valid");
    expect(await stage.check(stage.codeOf(secret))).toBe("Invalid otp");
  });

  test("guesses are limited, one text for whatever is wrong, and a code opens no other door", async () => {
    await using stage = await open();
    await stage.original.register();
    await stage.original.register({ login: "bob", password: PASSWORD });
    const secret = secretOf(String(await stage.begin()));
    const wrong = ["ann", "bob", "nobody", "a\0b"].map((login) => stage.check("000000", login));
    expect(new Set(await Promise.all(wrong))).toEqual(new Set(["Invalid otp"]));
    const locked = /^This account is locked for a while/;
    for (const login of ["ann", "nobody"]) {
      stage.advance(2 * minute);
      for (const code of ["", " 1", "111111", "222222"]) {
        expect(await stage.check(code, login)).toBe("Invalid otp");
      }
      expect(await stage.check(stage.codeOf(secret), login)).toMatch(locked);
    }
    stage.advance(2 * minute);
    for (const login of ["a", "b", "c", "d", "e"]) await stage.check("000000", login);
    expect(await stage.check("000000", "f")).toMatch(/^Too many/);
    stage.advance(16 * minute);
    expect(await stage.check(stage.codeOf(secret))).toBe("valid");
    const answer = await send(stage.server.httpUrl, {
      method: "POST",
      path: "/auth/login",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ann),
    });
    expect(JSON.stringify(answer)).toContain("OTP_REQUIRED");
  });
});
