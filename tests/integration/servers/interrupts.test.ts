import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedDatabases } from "#server/testing/databases.ts";
import { limitMs } from "#tests/testing/test-size.ts";
import { faults, say, stream } from "#tests/doubles/openai-script.ts";
import { statusName } from "#tests/doubles/wire-client.ts";
import { startTwoServers, type TwoServers } from "#tests/testing/two-servers.ts";
import { contentOf } from "../server-clients.ts";
import type { TestServer } from "../start-test-server.ts";
import { asked, hasText, reasonOf } from "../streaming/streaming-stage.ts";

/** From the request at one server until the model behind the other sees that it was left. */
const STOPPED_WITHIN_MS = limitMs(3_000, 300);

/** Asks at the first server, and again at the second; both hear the beginning of the answer. */
async function askBoth({ a, b, model, connect }: TwoServers) {
  model.script(faults.hangHalfWay);
  const question = asked("Why?");
  const answers = [];
  for (const server of [a, b]) {
    const answer = connect(server).stream(question);
    await answer.until(hasText("Half "));
    answers.push(answer);
  }
  const turn = contentOf(answers[0]?.messages ?? [], "turn");
  return { answers, turn, request: await model.request(model.requests.length - 1) };
}

async function http({ httpUrl, accessToken }: TestServer, method: string, path: string): Promise<unknown> {
  const response = await fetch(httpUrl + path, {
    method,
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(response.ok).toBe(true);
  return response.status === 204 ? undefined : response.json();
}

describe.each(sharedDatabases)("an interrupt at another server, on $name and Redis", () => {
  let servers: TwoServers;
  beforeAll(async () => {
    servers = await startTwoServers();
  });
  afterAll(() => servers[Symbol.asyncDispose]());

  test("stops the answer, and the model, within 300 ms", async () => {
    const { a, b, model } = servers;
    model.script(faults.hangHalfWay);
    const client = servers.connect(b);
    const tookMs: number[] = [];
    // The quickest of five counts: the machine may be busy with other tests.
    for (const _ of Array(5)) {
      const answer = servers.connect(a).stream({ ...asked("Why?"), sessionId: "s-1" });
      await answer.until(hasText("Half "));
      const request = await model.request(model.requests.length - 1);
      const startedMs = performance.now();
      const response = client.interrupt("mac");
      expect(await request.over).toBe("aborted");
      tookMs.push(performance.now() - startedMs);
      expect(await response).toMatchObject({ success: true, interruptedSessions: ["s-1"] });
      const status = await answer.status;
      expect([statusName(status.code), status.details]).toEqual([
        "CANCELLED",
        "This answer was interrupted.",
      ]);
    }
    expect(Math.min(...tookMs)).toBeLessThan(STOPPED_WITHIN_MS);
  });

  test("stops a greeting that is being spoken", async () => {
    const { a, b, speech } = servers;
    speech.gate = new Promise(() => undefined);
    const spoken = speech.runs.length;
    const request = { prompt: "__GREETING__:Good morning.", hardwareId: "mac", sessionId: "g-1" };
    const greeting = servers.connect(a).stream(request);
    await expect.poll(() => speech.runs.length).toBeGreaterThan(spoken);
    expect(await servers.connect(b).interrupt("mac")).toMatchObject({ interruptedSessions: ["g-1"] });
    expect(statusName((await greeting.status).code)).toBe("CANCELLED");
    speech.gate = Promise.resolve();
  });

  test("of another person does nothing, nor does one for another machine", async () => {
    const { a, b, model } = servers;
    model.script(faults.hangHalfWay);
    const answer = servers.connect(a).stream(asked("Why?"));
    await answer.until(hasText("Half "));
    const { accessToken } = await servers.signInAs("eve");
    for (const idle of [
      servers.connect(b, accessToken).interrupt("mac"),
      servers.connect(b).interrupt("another-machine"),
    ]) {
      expect(await idle).toMatchObject({ success: true, interruptedSessions: [] });
    }
    expect(model.requests.at(-1)).toMatchObject({ aborted: false });
    answer.cancel();
  });

  test.each(["chat", "exchange"])(
    "a deleted %s ends its answer at every server, and nothing of it is stored",
    async (what) => {
      const { answers, turn, request } = await askBoth(servers);
      const chat = `/v1/chats/${turn.chatId}`;
      const deleted = what === "chat" ? chat : `${chat}/turns/${turn.turnId}`;
      // Where it is only followed, so that it must be told where it runs.
      await http(servers.b, "DELETE", deleted);
      expect(await request.over).toBe("aborted");
      for (const answer of answers) {
        const status = await answer.status;
        expect([statusName(status.code), reasonOf(status).reason]).toEqual(["NOT_FOUND", "CHAT_NOT_FOUND"]);
      }
      await http(servers.a, "POST", `${deleted}/restore`);
      const question = { role: "user", status: "stopped" };
      const messages = () => http(servers.a, "GET", `${chat}/messages`);
      await expect.poll(messages).toMatchObject({ data: [question] });
    },
  );

  test("while Redis is away stops what runs at that server, and is answered", async () => {
    const { b, model, redis } = servers;
    await redis.stop();
    model.script(stream(say("Half "), { kind: "hang" }));
    const client = servers.connect(b);
    const answer = client.stream({ ...asked("Why?"), sessionId: "s-2" });
    await answer.until(hasText("Half "));
    expect(await client.interrupt("mac")).toMatchObject({ success: true, interruptedSessions: ["s-2"] });
    expect(statusName((await answer.status).code)).toBe("CANCELLED");
    await expect.poll(() => servers.logged()).toContain("bus.redis_lost");
    await redis.start();
    const connected = () => servers.logged().filter((event) => event === "bus.redis_connected").length;
    await expect.poll(() => connected() === 4, { timeout: 30_000, interval: 10 }).toBe(true);
  });
});
