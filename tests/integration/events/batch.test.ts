import { randomUUID } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { bearer, INTERNAL_KEY, openAuthStage, type AuthStage } from "#tests/testing/auth/auth-stage.ts";

const BATCH = "/api/v1/events/batch/";
const MIB = 1024 * 1024;
const ZEROS = gzipSync(Buffer.alloc(64 * MIB));

interface Result {
  readonly event_id: string | null;
  readonly status: string;
  readonly error_message?: string;
}

const eventOf = (change: object = {}) => ({
  event_id: randomUUID(),
  event_type: "WPStatusChanged",
  aggregate_id: "WP01",
  aggregate_type: "WorkPackage",
  payload: { status: "done", why: "ё 🙂 \u0000" },
  node_id: "0123456789ab",
  lamport_clock: 7,
  timestamp: "2026-11-30T01:02:03.000004+00:00",
  ...change,
});
const nested = (levels: number): object => (levels === 0 ? {} : { inner: nested(levels - 1) });
const manyEvents = (count: number) => Array.from({ length: count }, () => eventOf());
const statuses = (results: readonly Result[]) => [...new Set(results.map(({ status }) => status))];

describe.each(databases)("batches of events on $name", ({ name }) => {
  let stage: AuthStage;
  let token: string;
  beforeEach(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "ann" });
    await stage.addAccount({ id: "mallory" });
    token = (await stage.signIn("ann")).accessToken;
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  async function post(
    body: Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = bearer(token),
  ) {
    const answer = await fetch(`${stage.url}${BATCH}`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip", ...headers },
      body,
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: JSON.parse(text) as Record<string, unknown>,
    };
  }
  const packed = (value: unknown) => gzipSync(JSON.stringify(value));
  async function send(events: readonly unknown[], headers = bearer(token)): Promise<readonly Result[]> {
    const { status, body } = await post(packed({ events }), headers);
    expect([status, body]).toEqual([200, { results: expect.any(Array) }]);
    return body["results"] as Result[];
  }
  const kept = async () => (await stage.query("select event_id, user_id from events")).length;

  test("[17] a batch twice is 1,000 successes, then 1,000 duplicates; a gzip bomb is 413 and costs no memory", async () => {
    const events = manyEvents(1_000);
    const first = await send(events);
    expect(first.map(({ event_id }) => event_id)).toEqual(events.map(({ event_id }) => event_id));
    expect(statuses(first)).toEqual(["success"]);
    expect(statuses(await send(events))).toEqual(["duplicate"]);
    expect(await kept()).toBe(1_000);
    // 2 GiB of zeros are 2 MB.
    const bomb = Buffer.alloc(32 * ZEROS.byteLength, ZEROS);
    const before = process.memoryUsage().rss;
    expect((await post(bomb)).status).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
    expect(await kept()).toBe(1_000);
  });

  test("what comes twice in one batch or in two at once is kept once, and each account has its own", async () => {
    const [one, other] = [eventOf(), eventOf({ event_id: "01KBTFJ8Q3ZB9X2C7N5V4M6K1D" })];
    const again = { ...other, event_id: "01kbtfj8q3zb9x2c7n5v4m6k1d", payload: { later: true } };
    expect((await send([one, other, again, one])).map(({ event_id, status }) => [event_id, status])).toEqual([
      [one.event_id, "success"],
      [other.event_id, "success"],
      [again.event_id, "duplicate"],
      [one.event_id, "duplicate"],
    ]);
    const mallory = bearer((await stage.signIn("mallory")).accessToken);
    expect(statuses(await send([one], mallory))).toEqual(["success"]);
    const shared = manyEvents(200);
    const both = await Promise.all([send(shared), send(shared.toReversed())]);
    expect(both.flat().filter(({ status }) => status === "success")).toHaveLength(200);
    expect(await kept()).toBe(203);
    const told = (await stage.get("/auth/export", bearer(token))).body as unknown as {
      readonly program_events: readonly { readonly received_at: string; readonly event: unknown }[];
    };
    expect(told.program_events).toHaveLength(202);
    expect(told.program_events.map(({ event }) => event)).toContainEqual(one);
    expect(told.program_events.map(({ event }) => event)).toContainEqual(other);
  });

  test("says which field of which event is wrong, and keeps the others", async () => {
    const good = eventOf();
    const { event_id: _none, ...nameless } = eventOf();
    const bad: readonly (readonly [unknown, string | null, RegExp])[] = [
      [nameless, null, /^event_id: This field is required\.$/],
      [eventOf({ event_id: "nonsense" }), "nonsense", /^event_id: Not a ULID or UUID\.$/],
      [eventOf({ event_id: 7 }), null, /^event_id: Not a ULID/],
      [eventOf({ event_type: " " }), expect.any(String), /^event_type: Not a text/],
      [eventOf({ aggregate_id: undefined }), expect.any(String), /^aggregate_id: This field is required\.$/],
      [eventOf({ node_id: "n".repeat(256) }), expect.any(String), /^node_id: Not a text of 1 to 255/],
      [eventOf({ lamport_clock: -1 }), expect.any(String), /^lamport_clock: Not a whole number from 0/],
      [eventOf({ lamport_clock: "1" }), expect.any(String), /^lamport_clock: /],
      [eventOf({ lamport_clock: 2 ** 53 }), expect.any(String), /^lamport_clock: /],
      [eventOf({ aggregate_id: "WP\u0000" }), expect.any(String), /^aggregate_id: Not a text .* without NUL/],
      [eventOf({ payload: nested(1_000) }), expect.any(String), /^event: Nested more than 100 levels/],
      [eventOf({ payload: [] }), expect.any(String), /^payload: Not an object\.$/],
      [
        eventOf({ payload: { text: "x".repeat(256 * 1024) } }),
        expect.any(String),
        /^event: Larger than 256 KiB/,
      ],
      ["an event", null, /^event: Not an object\.$/],
      [
        { event_id: good.event_id },
        good.event_id,
        /^event_type: .* aggregate_id: .* node_id: .* lamport_clock: .* payload: /,
      ],
    ];
    const results = await send([...bad.map(([event]) => event), good]);
    expect(results.at(-1)).toEqual({ event_id: good.event_id, status: "success" });
    for (const [index, [, id, message]] of bad.entries()) {
      expect(results[index]).toEqual({
        event_id: id,
        status: "rejected",
        error_message: expect.stringMatching(message),
      });
    }
    expect(await kept()).toBe(1);
    const metrics = (await stage.get("/metrics")).text;
    expect(metrics).toContain('pipit_program_events_total{status="success"} 1');
    expect(metrics).toContain(`pipit_program_events_total{status="rejected"} ${bad.length}`);
  });

  test("takes nothing of a body that is none, and says why as clients of this route read it", async () => {
    const bodies = [
      ["1,001 events", packed({ events: manyEvents(1_001) }), /1001 events are more than 1000/],
      ["no gzip", Buffer.from('{"events":[]}'), /must be gzip/],
      ["nothing", Buffer.alloc(0), /must be gzip/],
      ["gzip that breaks off", packed({ events: [eventOf()] }).subarray(0, 40), /must be gzip/],
      [
        "gzip with a flaw",
        Buffer.concat([packed({ events: [] }).subarray(0, 20), Buffer.alloc(8)]),
        /must be gzip/,
      ],
      ["no JSON", gzipSync("{"), /not valid JSON/],
      ["a list", packed([]), /^events: A list of events is required\.$/],
      ["no list", packed({ events: {} }), /^events: A list/],
      ["nothing but depth", gzipSync("[".repeat(10_000) + "]".repeat(10_000)), /^events: A list/],
      ["no UTF-8", gzipSync(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), /not UTF-8/],
      ["deflate", deflateSync('{"events":[]}'), /must be gzip/],
    ] as const;
    for (const [what, body, error] of bodies) {
      const { status, body: told } = await post(body);
      expect([what, status, told]).toEqual([what, 400, { error: expect.stringMatching(error), details: [] }]);
    }
    expect(await kept()).toBe(0);
  });

  test("takes none larger than 8 MiB, packed or not, and an empty one", async () => {
    const large = eventOf({ payload: { text: "x".repeat(200_000) } });
    const over = { events: Array.from({ length: 42 }, () => ({ ...large, event_id: randomUUID() })) };
    expect((await post(packed(over))).status).toBe(413);
    const noise = Buffer.alloc(9 * MIB, gzipSync(""));
    expect((await post(noise)).status).toBe(413);
    const under = over.events.slice(0, 41);
    expect(statuses(await send(under))).toEqual(["success"]);
    expect(await send([])).toEqual([]);
    const inParts = Buffer.concat([gzipSync('{"events"'), gzipSync(":[]}"), Buffer.alloc(9)]);
    expect(await post(inParts)).toMatchObject({ status: 200, body: { results: [] } });
  });

  test("is for people with a token that may write, at this address, and so often a minute", async () => {
    const none = await post(packed({ events: [] }), {});
    expect([none.status, none.body]).toEqual([
      401,
      { detail: "Authentication credentials were not provided." },
    ]);
    const bad = await post(packed({ events: [] }), bearer(`${token}x`));
    expect([bad.status, bad.body]).toEqual([
      401,
      {
        detail: "Given token not valid for any token type",
        code: "token_not_valid",
        messages: [
          { token_class: "AccessToken", token_type: "access", message: "Token is invalid or expired" },
        ],
      },
    ]);
    const { accessToken } = await stage.signIn("ann", { scope: "api:read" });
    expect((await post(packed({ events: [] }), bearer(accessToken))).status).toBe(403);
    expect((await post(packed({ events: [] }), { "x-internal-auth": INTERNAL_KEY })).status).toBe(403);
    const far = { ...bearer(token), "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "http" };
    expect((await post(packed({ events: [] }), far)).status).toBe(403);
    const bare = await fetch(`${stage.url}${BATCH.slice(0, -1)}`, { method: "POST", headers: bearer(token) });
    expect(bare.status).toBe(404);
    for (let sent = 0; sent < 120; sent++) expect(await send([])).toEqual([]);
    const limited = await post(packed({ events: [] }));
    expect([limited.status, limited.body]).toEqual([429, { detail: expect.stringMatching(/throttled/) }]);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    stage.advance(61_000);
    if (name === "SQLite") expect(await send([])).toEqual([]);
  });
});
