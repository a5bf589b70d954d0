import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpResponse } from "#engine/ports.ts";
import { pushEvents, type BatchOutcome, type EventQueue } from "./push-events.ts";

const TOO_MANY = 1_200;

const push = (queue: EventQueue, send: (path: string, batch: string) => Promise<HttpResponse>) =>
  pushEvents(
    queue,
    { request: async ({ path, body = "" }) => send(path, body) },
    new AbortController().signal,
  );

/** A queue in memory; what the server refuses goes last. */
class Queue implements EventQueue {
  readonly waiting = new Map<string, number>();
  constructor(count: number) {
    for (let at = 0; at < count; at++) this.waiting.set(`e${at}`, 0);
  }

  next({ events }: Parameters<EventQueue["next"]>[0]) {
    const inTurn = [...this.waiting].toSorted(([, a], [, b]) => a - b);
    return inTurn
      .slice(0, events)
      .map(([eventId]) => ({ eventId, data: JSON.stringify({ event_id: eventId }) }));
  }

  settle({ success, duplicate, rejected }: BatchOutcome): void {
    for (const id of [...success, ...duplicate]) this.waiting.delete(id);
    for (const [id, { own }] of rejected) this.waiting.set(id, (this.waiting.get(id) ?? 0) + (own ? 1 : 0));
  }
}

const idsOf = (batch: string) =>
  (JSON.parse(batch) as { readonly events: readonly { readonly event_id: string }[] }).events.map(
    ({ event_id }) => event_id,
  );
const answer = (status: number, body: unknown) => ({ status, headers: {}, body: JSON.stringify(body) });

test("goes on while something of a batch is delivered, and ends with the first of which nothing is", async () => {
  const queue = new Queue(2_500);
  const sent: number[] = [];
  const report = await push(queue, async (_path, batch) => {
    const ids = idsOf(batch);
    sent.push(ids.length);
    return answer(200, {
      results: ids.map((event_id, at) => {
        if (Number(event_id.slice(1)) < TOO_MANY)
          return { event_id, status: "rejected", error_message: "No." };
        return { event_id: event_id.toUpperCase(), status: at % 2 === 0 ? "success" : "duplicate" };
      }),
    });
  });
  // Two batches with refused ones only in the first: what comes behind them goes before them.
  expect(sent[0]).toBe(1_000);
  expect(report.success + report.duplicate).toBe(0);
  const again = await push(queue, async (_path, batch) =>
    answer(200, {
      results: idsOf(batch).map((event_id) => ({
        event_id,
        status: Number(event_id.slice(1)) < TOO_MANY ? "rejected" : "success",
        error: "No.",
      })),
    }),
  );
  expect(again).toMatchObject({ success: 1_300, duplicate: 0, error: undefined });
  expect(again.rejected.size).toBe(TOO_MANY);
  expect(queue.waiting.size).toBe(TOO_MANY);
});

test.each([
  ["a list", [{ event_id: "E1", reason: "No such field." }]],
  ["JSON of a list", JSON.stringify([{ event_id: "e1", error: "No such field." }])],
  ["nothing", undefined],
  ["nonsense", "{"],
])("reads of a 400 whose details are %s which events are at fault, and keeps all", async (what, details) => {
  const queue = new Queue(3);
  const report = await push(queue, async () => answer(400, { error: "Bad batch.", details }));
  const own = what.includes("list") ? "No such field." : "Bad batch.";
  expect([...report.rejected.values()]).toEqual(["Bad batch.", own, "Bad batch."]);
  expect(report.error).toMatchObject({ code: "INVALID_REQUEST", message: "Bad batch." });
  expect([...queue.waiting.values()]).toEqual([0, what.includes("list") ? 1 : 0, 0]);
});

test("after a 413 of a proxy it goes on with half as many, and one that is too large alone ends the run, behind the others", async () => {
  const queue = new Queue(1_000);
  const sizes: number[] = [];
  const proxy = async (_path: string, batch: string) => {
    const ids = idsOf(batch);
    sizes.push(ids.length);
    if (ids.length > 300 || ids.includes("e999")) return answer(413, {});
    return answer(200, { results: ids.map((event_id) => ({ event_id, status: "success" })) });
  };
  const report = await push(queue, proxy);
  expect(sizes).toEqual([1_000, 500, 250, 250, 250, 250, 125, 125, 62, 62, 1]);
  expect(report.success).toBe(999);
  expect(report.error).toMatchObject({ code: expect.any(String) });
  expect([...queue.waiting]).toEqual([["e999", 1]]);
});

test("an id is known in whatever spelling it is answered, and a run that is stopped says nothing of its events", async () => {
  const spelled = ["0190a1b2c3d4e5f60718293a4b5c6d7e", "01kbtfj8q3zb9x2c7n5v4m6k1d"];
  const queue = new Queue(0);
  for (const id of ["0190a1b2-c3d4-e5f6-0718-293a4b5c6d7e", "01KBTFJ8Q3ZB9X2C7N5V4M6K1D"])
    queue.waiting.set(id, 0);
  const stopped = new PipitError("CANCELLED", "Stopped.");
  const none = await push(queue, async () => Promise.reject(stopped));
  expect([none.error, none.rejected.size]).toEqual([stopped, 0]);
  const results = spelled.map((event_id) => ({ event_id, status: "success" }));
  expect((await push(queue, async () => answer(200, { results }))).success).toBe(2);
});

test("a batch that nothing is known of is rejected whole, and ends the run", async () => {
  const unreachable = new PipitError("SERVER_UNREACHABLE", "Away.");
  const ways = [
    [async () => Promise.reject(unreachable), "SERVER_UNREACHABLE", "Away."],
    [async () => answer(503, { detail: "Later." }), "SERVER_UNREACHABLE", expect.any(String)],
    [async () => answer(200, { results: [] }), undefined, "The server said nothing of this event."],
    [async () => answer(200, "odd"), undefined, "The server's answer could not be read."],
  ] as const;
  for (const [send, code, why] of ways) {
    const queue = new Queue(2);
    const report = await push(queue, send);
    expect(report.error?.code).toBe(code);
    expect([...report.rejected.values()]).toEqual([why, why]);
    expect(queue.waiting.size).toBe(2);
  }
});
