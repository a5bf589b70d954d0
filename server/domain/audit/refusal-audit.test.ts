import { expect, test } from "vitest";
import { createManualClock } from "#server/testing/temporary-store.ts";
import type { AuditEvent } from "./ports.ts";
import { createRefusalAudit } from "./refusal-audit.ts";
import { systemOrigin as origin } from "#server/domain/audit/system-origin.ts";

const refused: AuditEvent = { event: "client.refused", outcome: "failure", data: { grant: "unknown" } };

test("a flood of refusals writes a bounded number of events a minute, and later says how many were left out", async () => {
  const clock = createManualClock();
  const events: AuditEvent[] = [];
  const append = async (event: AuditEvent) => void events.push(event);
  const refusals = createRefusalAudit({ audit: { append }, clock });
  for (let n = 0; n < 1_000; n++) await refusals.record(refused, origin);
  expect(events).toHaveLength(600);
  expect(events.at(-1)?.data).toEqual({ grant: "unknown" });
  clock.advance(60_000);
  await refusals.record(refused, origin);
  await refusals.record(refused, origin);
  expect(events.slice(600).map((event) => event.data)).toEqual([
    { grant: "unknown", omittedBefore: 400 },
    { grant: "unknown" },
  ]);
});

test("a clock that is set back does not end the recording", async () => {
  const clock = createManualClock();
  const events: AuditEvent[] = [];
  const refusals = createRefusalAudit({
    audit: { append: async (event) => void events.push(event) },
    clock,
  });
  for (let n = 0; n < 600; n++) await refusals.record(refused, origin);
  clock.advance(-600_000);
  await refusals.record(refused, origin);
  expect(events).toHaveLength(601);
});
