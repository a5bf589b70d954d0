import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StreamResponse } from "#proto/streaming_pb.ts";
import { sharedDatabases } from "#server/testing/databases.ts";
import { limitMs } from "#tests/testing/test-size.ts";
import { callTool, faults, gate, say, stream, type ChatRequest } from "#tests/doubles/openai-script.ts";
import { statusName, wireCases, type WireStream, wireText } from "#tests/doubles/wire-client.ts";
import { startServerProcess } from "#tests/testing/auth/server-process.ts";
import { MASTER_KEY, startTwoServers, type TwoServers } from "#tests/testing/two-servers.ts";
import { createClient } from "redis";
import { asked, hasText, reasonOf } from "../streaming/streaming-stage.ts";

type Answer = WireStream<StreamResponse>;

const soon = { timeout: 30_000, interval: 10 } as const;
const ELSEWHERE_RETRY_MS = 500;
/** What a follower waits for a word. */
const SILENCE_MS = 4_000;

/** How it ended: the status, and why. */
async function endOf(answer: Answer): Promise<string> {
  const status = await answer.status;
  const name = statusName(status.code);
  return name === "OK" ? name : `${name} ${reasonOf(status).reason}`;
}

function audioOf(answer: Answer): string {
  return answer.messages
    .map(({ content }) => (content.case === "audioChunk" ? Buffer.from(content.value.audioData) : ""))
    .join("");
}

describe.each(sharedDatabases)("a message repeated at another server, on $name and Redis", () => {
  let servers: TwoServers;
  let before: number;
  beforeAll(async () => {
    servers = await startTwoServers();
  });
  afterAll(() => servers[Symbol.asyncDispose]());
  beforeEach(() => {
    before = servers.model.requests.length;
  });

  const askA = (request: ReturnType<typeof asked>): Answer => servers.connect(servers.a).stream(request);
  const askB = (request: ReturnType<typeof asked>): Answer => servers.connect(servers.b).stream(request);
  const timesAsked = (): number => servers.model.requests.length - before;
  const modelRequest = (): Promise<ChatRequest> => servers.model.request(before);
  const published = async (): Promise<number> => {
    const client = createClient({ url: servers.redis.url });
    await client.connect();
    try {
      return Number(/cmdstat_publish:calls=(\d+)/.exec(await client.info("commandstats"))?.[1] ?? 0);
    } finally {
      client.destroy();
    }
  };

  test("gets all of the answer that runs at the first: what was said, and what comes; the model is asked once", async () => {
    const held = gate();
    servers.model.script(({ messages }) =>
      messages.at(-1)?.role === "tool"
        ? stream(say("It is ", "42"), held.step, say(", of ", "course."))
        : stream(callTool("calculator", { expression: "6*7" })),
    );
    const question = asked("What is six times seven?");
    const first = askA(question);
    await first.until(hasText("42"));
    const again = askB(question);
    await again.until(hasText("It is 42"));
    held.open();
    expect([await endOf(first), await endOf(again)]).toEqual(["OK", "OK"]);
    expect(wireText(again.messages)).toBe("It is 42, of course.");
    // One piece of text for all that was said before.
    expect(wireCases(again.messages)).toEqual([
      "turn",
      "title",
      "toolEvent",
      "toolEvent",
      "textChunk",
      ...wireCases(first.messages).slice(wireCases(first.messages).lastIndexOf("textChunk") - 1),
    ]);
    expect(again.messages[0]).toEqual(first.messages[0]);
    // Once for the call of the tool, and once with its result.
    expect(timesAsked()).toBe(2);
  });

  test("publishes nothing when no other server listens", async () => {
    servers.model.script(stream(say("To ", "myself.")));
    const redis = createClient({ url: servers.redis.url });
    await redis.connect();
    try {
      const said: (string | undefined)[] = [];
      await redis.monitor((line) => void (/"publish"/iu.test(line) && said.push(line.split('"')[3])));
      const question = asked("Who hears this?");
      expect(await endOf(askA(question))).toBe("OK");
      expect(await endOf(askA(question))).toBe("OK");
      expect(await endOf(askB(question))).toBe("OK");
      // Devices that follow the account are told twice that there is more: it began, and it ended.
      await expect.poll(() => said.length).toBeGreaterThan(1);
      expect(new Set(said)).toEqual(new Set(["pipit:bus:1:sync"]));
    } finally {
      redis.destroy();
    }
  });

  test("twice there: both hear all of it, over one following", async () => {
    const held = gate();
    servers.model.script(stream(say("One "), held.step, say("for all.")));
    const question = asked("Who?");
    const first = askA(question);
    await first.until(hasText("One "));
    const was = await published();
    const joiners = [askB(question), askB(question)];
    await Promise.all(joiners.map((joiner) => joiner.until(hasText("One "))));
    held.open();
    for (const joiner of joiners) {
      expect(await endOf(joiner)).toBe("OK");
      expect(wireText(joiner.messages)).toBe("One for all.");
    }
    // The question, what was said so far (turn, title, text), the rest and the usage. Perhaps that the first is alive.
    const more = (await published()) - was;
    expect(more).toBeGreaterThanOrEqual(6);
    expect(more).toBeLessThan(2 * 6);
    expect(timesAsked()).toBe(1);
  });

  test("is spoken there from the beginning, by the voice of that server", async () => {
    const held = gate();
    servers.model.script(stream(say("Said. "), held.step, say("Spoken.")));
    const question = asked("Aloud?");
    const first = askA(question);
    await first.until(hasText("Said. "));
    const again = askB({ ...question, speak: true });
    await again.until((messages) => wireCases(messages).includes("audioChunk"));
    held.open();
    expect([await endOf(first), await endOf(again)]).toEqual(["OK", "OK"]);
    expect([audioOf(first), audioOf(again)]).toEqual(["", "Said. Spoken."]);
  });

  test("goes on when the first client has gone, and stops when the last has", async () => {
    const held = gate();
    servers.model.script(stream(say("Go "), held.step, say("on "), { kind: "hang" }));
    const question = asked("And then?");
    const first = askA(question);
    await first.until(hasText("Go "));
    const again = askB(question);
    await again.until(hasText("Go "));
    first.cancel();
    held.open();
    await again.until(hasText("Go on "));
    const request = await modelRequest();
    expect(request.aborted).toBe(false);
    again.cancel();
    expect(await request.over).toBe("aborted");
  });

  test.each(["the first", "the other"] as const)("an interrupt at %s ends both", async (where) => {
    servers.model.script(faults.hangHalfWay);
    const question = asked("How long?");
    const first = askA(question);
    await first.until(hasText("Half "));
    const again = askB({ ...question, hardwareId: "another-machine" });
    await again.until(hasText("Half "));
    const client = servers.connect(where === "the first" ? servers.a : servers.b);
    const machine = where === "the first" ? "mac" : "another-machine";
    expect(await client.interrupt(machine)).toMatchObject({ success: true });
    expect([await endOf(first), await endOf(again)]).toEqual(["CANCELLED CANCELLED", "CANCELLED CANCELLED"]);
    expect(await (await modelRequest()).over).toBe("aborted");
  });

  test("a failure of the model reaches both in the same words", async () => {
    const held = gate();
    servers.model.script(stream(say("Half "), held.step, { kind: "error", message: "The model crashed." }));
    const question = asked("Well?");
    const first = askA(question);
    await first.until(hasText("Half "));
    const again = askB(question);
    await again.until(hasText("Half "));
    held.open();
    expect(await endOf(again)).toBe(await endOf(first));
    expect((await again.status).details).toBe((await first.status).details);
    expect(statusName((await first.status).code)).not.toBe("OK");
  });

  test("of another person with the same id is another message", async () => {
    const held = gate();
    servers.model.script([stream(say("Secret "), held.step), stream(say("Public."))]);
    const question = asked("What is it?");
    const first = askA(question);
    await first.until(hasText("Secret "));
    const { accessToken } = await servers.signInAs("eve");
    const theirs = servers.connect(servers.b, accessToken).stream(question);
    expect(await endOf(theirs)).toBe("OK");
    expect(wireText(theirs.messages)).toBe("Public.");
    held.open();
    expect(await endOf(first)).toBe("OK");
  });

  test("S10: while the first is killed: may be sent again, and the other answers within 10 s", async () => {
    const { a, model, redis, databaseUrl } = servers;
    const env = {
      PIPIT_DATABASE_URL: databaseUrl,
      PIPIT_REDIS_URL: redis.url,
      PIPIT_MASTER_KEY: MASTER_KEY,
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
      PIPIT_MODEL: "double",
    };
    await using doomed = await startServerProcess({ env });
    model.script(faults.hangHalfWay);
    const question = asked("Are you there?");
    const first = servers.connect({ ...a, grpcUrl: doomed.grpcUrl }).stream(question);
    await first.until(hasText("Half "));
    const again = askB(question);
    await again.until(hasText("Half "));
    const killedMs = performance.now();
    await doomed[Symbol.asyncDispose]();
    expect(await endOf(again)).toBe("ABORTED TURN_RUNNING_ELSEWHERE");
    model.script(stream(say("Here I am.")));
    // Its inbox is gone, so nothing has to be waited for.
    const startedMs = performance.now();
    expect(await endOf(askB(question))).toBe("ABORTED TURN_RUNNING_ELSEWHERE");
    expect(performance.now() - startedMs).toBeLessThan(SILENCE_MS);
    // The clocks of the servers have no say: it is the time of the database that ends the lease.
    let taken = askB(question);
    for (; (await endOf(taken)) !== "OK"; taken = askB(question)) {
      expect(await endOf(taken)).toBe("ABORTED TURN_RUNNING_ELSEWHERE");
      await setTimeout(ELSEWHERE_RETRY_MS);
    }
    expect(performance.now() - killedMs).toBeLessThan(limitMs(30_000, 10_000));
    expect(wireText(taken.messages)).toBe("Here I am.");
  });

  test("while Redis is away: the first goes on, the other says that it may be sent again, and replays it then", async () => {
    const held = gate();
    servers.model.script(stream(say("Half "), held.step, say("and whole.")));
    const question = asked("All of it?");
    const first = askA(question);
    await first.until(hasText("Half "));
    const again = askB(question);
    await again.until(hasText("Half "));
    await servers.redis.stop();
    expect(await endOf(again)).toBe("ABORTED TURN_RUNNING_ELSEWHERE");
    expect(await endOf(askB(question))).toBe("ABORTED TURN_RUNNING_ELSEWHERE");
    held.open();
    expect(await endOf(first)).toBe("OK");
    expect(wireText(first.messages)).toBe("Half and whole.");
    const replayed = askB(question);
    expect(await endOf(replayed)).toBe("OK");
    expect(wireText(replayed.messages)).toBe("Half and whole.");
    expect(timesAsked()).toBe(1);
    await expect.poll(() => servers.logged()).toContain("bus.redis_lost");

    await servers.redis.start();
    const connected = () => servers.logged().filter((event) => event === "bus.redis_connected").length;
    await expect.poll(() => connected() === 4, soon).toBe(true);
    const later = gate();
    servers.model.script(stream(say("Joined "), later.step, say("again.")));
    const next = asked("And now?");
    const own = askA(next);
    await own.until(hasText("Joined "));
    const joined = askB(next);
    await joined.until(hasText("Joined "));
    later.open();
    expect(await endOf(joined)).toBe("OK");
    expect(wireText(joined.messages)).toBe("Joined again.");
  });
});

describe.each(sharedDatabases)("a message repeated at another server, on $name without Redis", () => {
  test("may be sent again", async () => {
    await using servers = await startTwoServers(false);
    const held = gate();
    servers.model.script(stream(say("Half "), held.step, say("and whole.")));
    const question = asked("Why?");
    const first = servers.connect(servers.a).stream(question);
    await first.until(hasText("Half "));
    expect(await endOf(servers.connect(servers.b).stream(question))).toBe("ABORTED TURN_RUNNING_ELSEWHERE");
    held.open();
    expect(await endOf(first)).toBe("OK");
    expect(servers.model.requests).toHaveLength(1);
  });
});
