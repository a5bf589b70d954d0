import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createLogger, redactFields, redactText } from "./logger.ts";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

function lines(): { destination: { write(line: string): void }; written: string[] } {
  const written: string[] = [];
  return { destination: { write: (line) => void written.push(line) }, written };
}

describe("createLogger", () => {
  test("writes one JSON object per line, with time, level, event and correlation id", () => {
    const { destination, written } = lines();
    createLogger({ level: "info", destination, correlationId: () => "abc" }).info("server.ready", { pid: 7 });
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      event: "server.ready",
      correlationId: "abc",
      pid: 7,
    });
  });

  test("F4: the words of others in it control no terminal", () => {
    const { destination, written } = lines();
    const detail = "\u001B]0;T\u0007 \u009B2J \u202E";
    createLogger({ level: "info", destination }).info("rpc.failed", { detail, error: new Error(detail) });
    const [line = ""] = written;
    expect(line).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
    expect(JSON.parse(line)).toMatchObject({ detail, error: { message: detail } });
  });

  test("is silent below its level", () => {
    const { destination, written } = lines();
    const logger = createLogger({ level: "warn", destination });
    logger.debug("a");
    logger.info("b");
    logger.warn("c");
    logger.error("d");
    expect(written.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["c", "d"]);
  });

  test("a secret does not get out, wherever it stands", () => {
    const { destination, written } = lines();
    const secret = "hunter2-very-secret";
    const error = new Error(`upstream said Bearer ${secret}`, {
      cause: new PipitError("MODEL_KEY_REFUSED", "no", { detail: `api_key=${secret}` }),
    });
    createLogger({ level: "debug", destination }).error(`failed with password=${secret}`, {
      authorization: `Bearer ${secret}`,
      accessToken: secret,
      headers: { Cookie: secret, "set-cookie": [secret], "X-Api-Key": secret },
      deep: [{ a: { b: { refresh_token: secret } } }],
      map: new Map([["otpCode", secret]]),
      web: new Headers({ authorization: secret }),
      url: new URL(`https://u:${secret}@example.com/?token=${secret}`),
      text: `redis://:${secret}@host and ?client_secret=${secret}&x=1 and {"password":"${secret}"}`,
      jwt: `see ${JWT}`,
      code: secret,
      keys: { one: secret },
      error,
    });
    expect(written[0]).not.toContain(secret);
    expect(written[0]).not.toContain("eyJzdWIi");
    expect(written[0]).toContain("[redacted]");
  });
});

describe("redactFields", () => {
  test("keeps what only sounds secret", () => {
    const fields = {
      code: "PORT_IN_USE",
      errno: { code: "EADDRINUSE" },
      sqlite: { code: "SQLITE_BUSY" },
      statusCode: 401,
      inputTokens: 120,
      outputTokens: 7,
      hasToken: true,
      keyboard: "us",
      monkey: "yes",
      reason: "TOKEN_EXPIRED",
    };
    expect(redactFields(fields)).toEqual(fields);
  });

  test("a numeric one-time code is a secret, a status is not", () => {
    expect(redactFields({ code: 123456, otp: 1, statusCode: 404 })).toEqual({
      code: "[redacted]",
      otp: "[redacted]",
      statusCode: 404,
    });
  });

  test("survives circles, depth, bytes, bigints and functions", () => {
    const circle: Record<string, unknown> = { big: 10n, bytes: new Uint8Array(3), run: () => 1 };
    circle["self"] = circle;
    let deep: Record<string, unknown> = { end: 1 };
    for (let level = 0; level < 20; level += 1) deep = { deep };
    const result = redactFields({ circle, deep });
    expect(result["circle"]).toEqual({
      big: "10",
      bytes: "[3 bytes]",
      run: "[function]",
      self: "[circular]",
    });
    expect(JSON.stringify(result)).toContain("[deep]");
  });

  test("an error keeps its code and its cause", () => {
    const error = new Error("outer", {
      cause: new PipitError("STORAGE_FULL", "No space.", { detail: "disk" }),
    });
    expect(redactFields({ error })["error"]).toMatchObject({
      name: "Error",
      message: "outer",
      cause: { code: "STORAGE_FULL", message: "No space.", detail: "disk" },
    });
  });
});

describe("redactText", () => {
  test("cuts what is too long", () => {
    expect(redactText("x".repeat(10_000))).toMatch(/^x{8192}… \(10000 characters\)$/);
  });

  test("knows a key of ours wherever it stands", () => {
    expect(redactText(`asked with pipit_${"aB3_-".repeat(8)}xyz, and`)).toBe("asked with [redacted], and");
  });

  test("leaves ordinary text alone", () => {
    const text = "The key of the piano: a token gesture, code 7, http://127.0.0.1:8787/health?x=1";
    expect(redactText(text)).toBe(text);
  });
});
