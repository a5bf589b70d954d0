import { expect, test } from "vitest";
import { countedAuditLog } from "./counted-audit-log.ts";
import type { AuditEvent, AuditLog } from "./ports.ts";
import { systemOrigin as origin } from "#server/domain/audit/system-origin.ts";

function countInto(counted: string[], append: AuditLog["append"]): AuditLog {
  return countedAuditLog(
    { append },
    {
      successfulLogin: () => counted.push("success"),
      failedLogin: (reason) => counted.push(reason),
      refreshReuse: () => counted.push("reuse"),
    },
  );
}

test("logins and reused tokens are counted when they are written down", async () => {
  const counted: string[] = [];
  const written: AuditEvent[] = [];
  const log = countInto(counted, async (event) => void written.push(event));
  await log.append({ event: "login", outcome: "success" }, origin);
  await log.append({ event: "login", outcome: "failure", reason: "wrong-password" }, origin);
  await log.append({ event: "token.reuse_detected", outcome: "failure", reason: "reused" }, origin);
  await log.append({ event: "token.refused", outcome: "failure" }, origin);
  expect(counted).toEqual(["success", "wrong-password", "reuse"]);
  expect(written).toHaveLength(4);
});

test("what could not be written is not counted", async () => {
  const counted: string[] = [];
  const log = countInto(counted, async () => {
    throw new Error("disk full");
  });
  await expect(log.append({ event: "login", outcome: "failure" }, origin)).rejects.toThrow("disk full");
  expect(counted).toEqual([]);
});
