import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDatabaseUrl } from "./database-url.ts";

const base = "postgres://pipit:s3cret@db.example/pipit";

describe("a database URL", () => {
  test("gives its parts, escapes undone, and a place without the password", () => {
    expect(parseDatabaseUrl("postgresql://us%40er:p%2Fw%3A@[::1]:6000/my%20db?application_name=x")).toEqual({
      host: "::1",
      port: 6000,
      database: "my db",
      user: "us@er",
      password: "p/w:",
      ssl: false,
      applicationName: "x",
      place: '"my db" on ::1:6000',
    });
    expect(parseDatabaseUrl(base)).toMatchObject({
      port: 5432,
      password: "s3cret",
      applicationName: "pipit",
    });
  });

  test("may name the folder of a unix socket", () => {
    expect(parseDatabaseUrl("postgres://pipit@localhost/pipit?host=/run/postgresql")).toMatchObject({
      host: "/run/postgresql",
      password: undefined,
    });
  });

  test.each([
    ["pipit:s3cret@db.example", "must look like"],
    ["mysql://pipit:s3cret@db.example/pipit", "must look like"],
    ["postgres://pipit:s3cret@db.example:port/pipit", "must look like"],
    ["postgres://pipit:s3cret@db.example", "a user and a database"],
    ["postgres://:s3cret@db.example/pipit", "a user and a database"],
    ["postgres://pipit:s3cret%@db.example/pipit", "%25"],
    [`${base}?sslmode=prefer`, "sslmode other than disable, require, verify-ca, verify-full"],
    [`${base}?sslmode=verify-ca`, "needs sslrootcert"],
    ["postgres://pipit:s3cret@a,b/pipit", "names several hosts, and a server asks one. Name the one address"],
    ["postgres://pipit:s3cret@a:5432,b:5433/pipit", "names several hosts"],
    ["postgres://pipit:s3cret@a/pipit?host=a,b", "names several hosts"],
    ["postgres://pipit:s3cret@a,b/pipit?target_session_attrs=read-write", "names several hosts"],
    [`${base}?target_session_attrs=read-write`, "has target_session_attrs"],
    [`${base}?ssl=true`, 'unknown parameter "ssl"'],
    [`${base}?sslmode=verify-full&sslrootcert=/no/such/file`, "/no/such/file"],
  ])("%s is refused with what is wrong, and without the password", (url, message) => {
    expect(() => parseDatabaseUrl(url)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) }),
    );
    expect(() => parseDatabaseUrl(url)).not.toThrow(/s3cret/);
  });
});

describe("TLS", () => {
  test("is checked as its mode says", async () => {
    const dir = await mkdtemp(join(tmpdir(), "pipit-url-"));
    try {
      const file = join(dir, "ca.pem");
      await writeFile(file, "CERTIFICATE");
      const ssl = (query: string) => parseDatabaseUrl(`${base}?${query}`).ssl;
      const anyName = { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) };
      expect(ssl("sslmode=disable")).toBe(false);
      expect(ssl("sslmode=require")).toEqual({ rejectUnauthorized: false });
      expect(ssl(`sslmode=require&sslrootcert=${file}`)).toEqual({ ca: "CERTIFICATE", ...anyName });
      expect(ssl(`sslmode=verify-ca&sslrootcert=${file}`)).toEqual({ ca: "CERTIFICATE", ...anyName });
      expect(ssl("sslmode=verify-full")).toEqual({ rejectUnauthorized: true });
      expect(ssl(`sslmode=verify-full&sslcert=${file}&sslkey=${file}`)).toEqual({
        rejectUnauthorized: true,
        cert: "CERTIFICATE",
        key: "CERTIFICATE",
      });
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
