import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import {
  breaksConnection,
  isConflict,
  toPostgresRunningError,
  toPostgresStartError,
} from "./postgres-errors.ts";
import { isUniqueViolation } from "./storage-errors.ts";

const place = '"pipit" on db.example:5432';
const withCode = (code: string) => Object.assign(new Error("underneath"), { code });

describe.each([
  ["ECONNREFUSED", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["ENOTFOUND", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["57P01", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["57P03", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["08006", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["53300", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["57014", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["40P01", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["25006", "DATABASE_UNREACHABLE", "DATABASE_UNREACHABLE"],
  ["28P01", "DATABASE_UNREACHABLE", "CONFIG_INVALID"],
  ["3D000", "DATABASE_UNREACHABLE", "CONFIG_INVALID"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "DATABASE_UNREACHABLE", "CONFIG_INVALID"],
  ["53100", "STORAGE_FULL", "STORAGE_FULL"],
  ["58030", "STORAGE_UNREADABLE", "STORAGE_UNREADABLE"],
  ["XX001", "STORAGE_CORRUPT", "STORAGE_CORRUPT"],
  ["23505", "INTERNAL", "INTERNAL"],
  ["22P02", "INTERNAL", "INTERNAL"],
])("%s", (code, running, starting) => {
  test(`becomes ${running} while the server runs, without the place in the message`, () => {
    const error = toPostgresRunningError(withCode(code), place);
    expect(error.code).toBe(running);
    expect(error.message).not.toMatch(/db\.example|underneath/);
    expect(error.detail).toContain("underneath");
  });

  test(`becomes ${starting} at the start, whoever turned it into ours before`, () => {
    const error = toPostgresStartError(withCode(code), place);
    expect(error.code).toBe(starting);
    const again = toPostgresStartError(toPostgresRunningError(withCode(code), place), place);
    expect(again).toMatchObject({ code: starting, message: error.message });
  });
});

test.each([
  "Connection terminated unexpectedly",
  "Query read timeout",
  "Client has encountered a connection error and is not queryable",
])("the driver's “%s” is a lost database, and ends the connection", (message) => {
  expect(toPostgresRunningError(new Error(message), place).code).toBe("DATABASE_UNREACHABLE");
  expect(breaksConnection(new Error(message))).toBe(true);
});

test("a pool whose connections are all in use is a busy database, not one that is away", () => {
  const error = toPostgresRunningError(new Error("timeout exceeded when trying to connect"), place);
  expect(error).toMatchObject({ code: "DATABASE_UNREACHABLE", message: expect.stringContaining("too busy") });
});

test("several addresses that all refuse are told one by one", () => {
  const reason = Object.assign(
    new AggregateError([new Error("connect ::1"), new Error("connect 127.0.0.1")], ""),
    {
      code: "ECONNREFUSED",
    },
  );
  expect(toPostgresStartError(reason, place).message).toContain("(connect ::1; connect 127.0.0.1)");
});

test("a statement that took too long leaves its connection whole", () => {
  expect(breaksConnection(withCode("57014"))).toBe(false);
  expect(breaksConnection(withCode("23505"))).toBe(false);
});

test("conflicts and keys that are taken are recognised, as they are and as ours", () => {
  for (const wrap of [(error: Error) => error, (error: Error) => toPostgresRunningError(error, place)]) {
    expect(isConflict(wrap(withCode("40001")))).toBe(true);
    expect(isConflict(wrap(withCode("23505")))).toBe(false);
    expect(isUniqueViolation(wrap(withCode("23505")))).toBe(true);
    expect(isUniqueViolation(wrap(withCode("23503")))).toBe(false);
  }
  expect(isUniqueViolation(PipitError.from(withCode("SQLITE_CONSTRAINT_PRIMARYKEY")))).toBe(true);
});
