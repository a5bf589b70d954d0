import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EmptySchema, Messaging, type Message } from "#proto/messaging_pb.ts";
import { Rooms } from "#proto/rooms_pb.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { say as modelSays, stream as modelStream } from "#tests/doubles/openai-script.ts";
import { limitMs, sized } from "#tests/testing/test-size.ts";
import { startServerProcess } from "#tests/testing/auth/server-process.ts";
import { MASTER_KEY, startTwoServers, type TwoServers } from "#tests/testing/two-servers.ts";
import { GrpcJsClient } from "../server-clients.ts";
import { connectToRoom, each, talk, untilTaken, type Fault } from "./room-talk.ts";

const SENDS = sized(300, 10_000);
const READERS = sized(4, 10);
/** Of each reader; a hundred in all. */
const DISCONNECTS = sized(3, 10);
const CLOCK_STEP_MS = 4 * 60_000;
const NOT_FOUND = 5;
const LOST_WITHIN_MS = 40_000;
/** At night it is waited for. */
const LEASE_ENDS_AT_ONCE = sized(true, false);

/** More than what one account sends here; servers that share a Redis count together. */
const PER_MINUTE = 100_000;

let servers: TwoServers;
/** Access tokens by login. */
const guests = new Map<string, string>();
beforeAll(async () => {
  servers = await startTwoServers(true, { roomMessagesPerMinute: PER_MINUTE });
  for (const login of ["bob-with", "bob-without"]) {
    guests.set(login, (await servers.signInAs(login)).accessToken);
  }
});
afterAll(() => servers[Symbol.asyncDispose]());

/** A client of the local account, which is the same at all servers. */
const connect = (...targets: readonly string[]) =>
  connectToRoom({ targets, accessToken: servers.a.accessToken });

async function redisDoes(...command: string[]): Promise<void> {
  const client = await createClient({ url: servers.redis.url }).connect();
  await client.sendCommand(command);
  client.destroy();
}

const faults: readonly Fault[] = [
  // Both ways; never to before the access token began to count.
  [0.05, async () => servers.advance(CLOCK_STEP_MS)],
  [0.1, () => redisDoes("FLUSHALL")],
  [0.2, () => redisDoes("CLIENT", "PAUSE", "1500", "ALL")],
  [0.4, () => servers.redis.stop()],
  // As when PostgreSQL starts again: every connection breaks.
  [
    0.6,
    () =>
      queryPostgres(
        servers.databaseUrl,
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        [],
      ),
  ],
  [0.7, () => servers.redis.start()],
  [0.8, async () => servers.advance(-CLOCK_STEP_MS)],
];

test("[14] from two servers, each message once and in order, over broken streams, without Redis and database, whatever the clock does", async () => {
  using a = connect(servers.a.grpcUrl);
  using b = connect(servers.b.grpcUrl);
  const size = { sends: SENDS, readers: READERS, cuts: DISCONNECTS };
  expect(await talk([a, b], size, faults)).toEqual(each(SENDS));
});

test("[14] a server that is killed while it sends and delivers loses no message and doubles none", async () => {
  await using killed = await startServerProcess({
    env: {
      PIPIT_DATABASE_URL: servers.databaseUrl,
      PIPIT_REDIS_URL: servers.redis.url,
      PIPIT_MASTER_KEY: MASTER_KEY,
      PIPIT_ISSUER: servers.a.config.issuer,
      PIPIT_ROOM_MESSAGES_PER_MINUTE: "100000",
    },
  });
  using there = connect(killed.grpcUrl, servers.b.grpcUrl);
  using here = connect(servers.a.grpcUrl);
  const size = { sends: sized(200, 2_000), readers: 4, cuts: 0 };
  const told = await talk([there, here], size, [[0.4, () => killed.kill()]]);
  expect(told).toEqual(each(size.sends));
});

test("[14] an answer to @pipit at one server is one message for readers at the other, and is stopped from there", async () => {
  await servers.redis.start();
  using a = new GrpcJsClient(servers.a.grpcUrl);
  using b = new GrpcJsClient(servers.b.grpcUrl);
  const headers = { authorization: `Bearer ${servers.a.accessToken}` };
  // As the original reads, in the common room.
  const reader = b.open(Messaging.method.messageStream, Buffer.alloc(0), headers);
  const read: Message[] = [];
  reader.on("data", (message: Message) => read.push(message));
  reader.on("error", () => undefined);
  await new Promise((resolve) => void reader.once("metadata", resolve));
  const ask = async (text: string) =>
    (await untilTaken(() => a.call(Messaging.method.sendMessage, { text }, headers))).messages[0]
      ?.messageId ?? "";
  const question = await ask("@pipit hello?");
  await expect
    .poll(() => read.map(({ author, text }) => `${author}: ${text}`))
    .toEqual(["local: @pipit hello?", "pipit: Hello."]);
  expect(read[1]).toMatchObject({ askedBy: "local", replyTo: question, authorClosed: false });

  const { requests } = servers.model;
  const before = requests.length;
  servers.model.script(modelStream(modelSays("And so"), { kind: "hang" }));
  const long = await ask("@pipit tell a story");
  await expect.poll(() => requests.length).toBe(before + 1);
  await b.call(Rooms.method.stopAnswer, { messageId: long }, headers);
  await expect.poll(() => read.at(-1)?.text).toMatch(/\(stopped\)$/u);
  expect(read).toHaveLength(4);
  reader.cancel();
});

test(`[14] an answer that a killed server was giving is told to be interrupted by the other one, once, within ${LOST_WITHIN_MS / 1_000} s`, async () => {
  await servers.redis.start();
  await using killed = await startServerProcess({
    env: {
      PIPIT_DATABASE_URL: servers.databaseUrl,
      PIPIT_REDIS_URL: servers.redis.url,
      PIPIT_MASTER_KEY: MASTER_KEY,
      PIPIT_ISSUER: servers.a.config.issuer,
      PIPIT_MODEL_URL: servers.model.url,
      PIPIT_MODEL: "double",
      PIPIT_ROOM_MESSAGES_PER_MINUTE: String(PER_MINUTE),
    },
  });
  using there = new GrpcJsClient(killed.grpcUrl);
  using here = new GrpcJsClient(servers.b.grpcUrl);
  const headers = { authorization: `Bearer ${servers.a.accessToken}` };
  const made = await untilTaken(() => here.call(Rooms.method.createRoom, { name: "Owls" }, headers));
  const room = made.messages[0]?.room ?? "";
  const { requests } = servers.model;
  const before = requests.length;
  servers.model.script(modelStream(modelSays("Half"), { kind: "hang" }));
  const sent = await there.call(Messaging.method.sendMessage, { room, text: "@pipit hoot" }, headers);
  await expect.poll(() => requests.length).toBe(before + 1);
  await killed.kill();
  const atMs = performance.now();
  // Its lease lasts half a minute.
  if (LEASE_ENDS_AT_ONCE)
    await queryPostgres(servers.databaseUrl, "update room_answers set lease_until_ms = 0", []);
  const said = async () =>
    (await here.call(Rooms.method.history, { room }, headers)).messages[0]?.messages.slice(1) ?? [];
  await expect.poll(said, { timeout: 60_000, interval: 250 }).toHaveLength(1);
  expect(performance.now() - atMs).toBeLessThan(limitMs(60_000, LOST_WITHIN_MS));
  await here.call(Messaging.method.sendMessage, { room, text: "The end" }, headers);
  expect(await said()).toMatchObject([
    { author: "pipit", replyTo: sent.messages[0]?.messageId, text: expect.stringMatching(/^\(interrupted/u) },
    { text: "The end" },
  ]);
});

test.each([
  ["with", async () => servers.redis.start()],
  ["without", async () => servers.redis.stop()],
])(
  "[14] who is removed at one server reads no more at the other within a second, %s Redis",
  async (how, set) => {
    await servers.redis.start();
    using a = new GrpcJsClient(servers.a.grpcUrl);
    using b = new GrpcJsClient(servers.b.grpcUrl);
    const login = `bob-${how}`;
    const owner = { authorization: `Bearer ${servers.a.accessToken}` };
    const guest = { authorization: `Bearer ${guests.get(login)}` };
    const clientRoomId = randomUUID();
    // Both are counted, so they take a Redis that is back.
    const made = await untilTaken(() =>
      a.call(Rooms.method.createRoom, { name: "Birds", clientRoomId }, owner),
    );
    const room = made.messages[0]?.room ?? "";
    await untilTaken(() => a.call(Rooms.method.inviteMember, { room, login }, owner));
    await untilTaken(() => a.call(Rooms.method.joinRoom, { room }, guest));
    const request = Buffer.from(toBinary(EmptySchema, create(EmptySchema, { room, events: true })));
    const { messages: said } = await a.call(Messaging.method.sendMessage, { room, text: "here" }, owner);
    const resuming = create(EmptySchema, { room, resumeAfter: said[0]?.messageId ?? "", events: true });
    const stream = b.open(
      Messaging.method.messageStream,
      Buffer.from(toBinary(EmptySchema, resuming)),
      guest,
    );
    const ended = new Promise<number>((resolve) => {
      stream.on("error", ({ code }: { code: number }) => resolve(code));
    });
    const isRead = new Promise<void>((resolve) => void stream.once("data", () => resolve()));
    await a.call(Messaging.method.sendMessage, { room, text: "it is live" }, owner);
    await isRead;
    await set();
    const beganMs = performance.now();
    await a.call(Rooms.method.removeMember, { room, login }, owner);
    expect(await ended).toBe(NOT_FOUND);
    expect(performance.now() - beganMs).toBeLessThan(limitMs(20_000, 1_000));
    const refused = await b.callBytes(Messaging.method.messageStream, request, guest);
    expect(refused.code).toBe(NOT_FOUND);
  },
);
