import { expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeClock, settle } from "#engine/testing/fake-clock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { keepPushing } from "./keep-pushing.ts";
import { withReports, type Report } from "./reports.ts";

const WRITTEN_MS = 1_795_000_000_000;
const idAt = (ms: number) =>
  `${ms
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})/, "$1-")}-7000-8000-000000000001`;

test("a delivery at once is nobody's business; one that was late, resumed or tried again is reported without a word of it", async () => {
  const reports: Report[] = [];
  let isWanted = true;
  let nowMs = WRITTEN_MS + 500;
  const answers: (ChatEvent | PipitError)[][] = [];
  const ask = withReports(
    async function* answered() {
      for (const event of answers.shift() ?? []) {
        if (event instanceof PipitError) throw event;
        yield event;
      }
    },
    { report: (report) => void reports.push(report), isWanted: () => isWanted, nowMs: () => nowMs },
  );
  const turn = (replayed: boolean): ChatEvent => ({ type: "turn", chatId: "c", turnId: "t", replayed });
  const send = async (id: string, ...events: (ChatEvent | PipitError)[]) => {
    answers.push(events);
    const call = { prompt: "a secret", clientMessageId: id, hardwareId: "h", speak: false };
    await Array.fromAsync(ask(call, new AbortController().signal)).catch(() => undefined);
  };
  const id = idAt(WRITTEN_MS);
  await send(id, turn(false), { type: "text", text: "x" }, { type: "end" });
  await send("not one of ours", turn(false), { type: "end" });
  expect(reports).toEqual([]);
  await send(id, new PipitError("SERVER_UNREACHABLE", "Away."));
  await send(id, turn(false), new PipitError("SERVER_UNREACHABLE", "Away."));
  nowMs = WRITTEN_MS + 40_000;
  await send(id, turn(true), { type: "end" });
  await send(id, turn(false), { type: "end" });
  expect(reports).toEqual([
    { event_type: "DeliveryReported", payload: { attempts: 3, resumed: true, waited_ms: 40_000 } },
    { event_type: "DeliveryReported", payload: { attempts: 1, resumed: false, waited_ms: 40_000 } },
  ]);
  // How much was asked is told once an hour; nothing of the time in which nobody wanted to know it.
  nowMs += 3_600_000;
  const later = idAt(nowMs);
  await send(later, turn(false), { type: "end" });
  const counts = { questions: 5, answered: 5, spoken: 0, pictures: 0, files: 0 };
  expect(reports.splice(0).at(-1)).toEqual({
    event_type: "UsageReported",
    payload: { period_ms: 3_639_500, ...counts },
  });
  isWanted = false;
  nowMs += 3_600_000;
  await send(id, turn(true), { type: "end" });
  isWanted = true;
  await send(later.replace(/1$/u, "2"), turn(false), { type: "end" });
  expect(reports.map(({ event_type }) => event_type)).toEqual(["DeliveryReported"]);
  expect(JSON.stringify(reports)).not.toContain("secret");
});

test("what waits is sent every five minutes, sooner after a failure and later with each, and as late as the server says", async () => {
  const clock = createFakeClock();
  const limited = new PipitError("RATE_LIMITED", "Too many.", { retryAfterMs: 900_000 });
  const away = new PipitError("SERVER_UNREACHABLE", "Away.");
  const outcomes = [undefined, away, away, away, away, away, limited, undefined];
  const pauses: number[] = [];
  const pushing = keepPushing({
    push: async () => outcomes.shift(),
    clock,
    random: () => 0.5,
    logger: createFakeLogger(),
  });
  for (let run = 0; run < 9; run++) {
    await settle();
    pauses.push(clock.sleeping()[0] ?? -1);
    clock.advance(pauses.at(-1) ?? 0);
  }
  await settle();
  expect(pauses.map((ms) => Math.round(ms / 100) / 10)).toEqual([
    72, 276.9, 36, 72, 144, 276.9, 276.9, 900, 276.9,
  ]);
  pushing[Symbol.dispose]();
  await settle();
  expect(clock.sleeping()).toEqual([]);
});
