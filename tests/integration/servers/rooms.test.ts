import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EmptySchema, Messaging, type Message } from "#proto/messaging_pb.ts";
import { Rooms } from "#proto/rooms_pb.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { limitMs, sized } from "#tests/testing/test-size.ts";
import { startServerProcess } from "#tests/testing/auth/server-process.ts";
import { MASTER_KEY, startTwoServers, type TwoServers } from "#tests/testing/two-servers.ts";
import { GrpcJsClient, type CallEnd } from "../server-clients.ts";

const SENDS = sized(300, 10_000);
const READERS = sized(4, 10);
/** Of each reader; a hundred in all. */
const DISCONNECTS = sized(3, 10);
const SENDERS = 4;
const NOT_FOUND = 5;
const UNAVAILABLE = 14;
/** What a client may try again; a message has an id, so that it is one all the same. */
const PASSING: ReadonlySet<number> = new Set([4, 8, 10, UNAVAILABLE]);

let servers: TwoServers;
/** Access tokens by login. */
const guests = new Map<string, string>();
beforeAll(async () => {
  servers = await startTwoServers(true, { roomMessagesPerMinute: 100_000 });
  for (const login of ["bob-with", "bob-without"]) {
    guests.set(login, (await servers.signInAs(login)).accessToken);
  }
});
afterAll(() => servers[Symbol.asyncDispose]());

/** Calls again while what failed may pass. */
async function untilTaken<T>(call: () => Promise<CallEnd<T>>): Promise<CallEnd<T>> {
  for (;;) {
    const end = await call();
    if (end.code === 0) return end;
    if (!PASSING.has(end.code)) throw new Error(`${end.code}: ${end.details}`);
    await pause(20);
  }
}

/**
 * Client of the local account, which is the same at all servers.
 *
 * @param targets where it goes: to the next one whenever a server is gone
 */
function connect(...targets: readonly string[]) {
  const stack = new DisposableStack();
  const clients = targets.map((target) => stack.use(new GrpcJsClient(target)));
  const headers = { authorization: `Bearer ${servers.a.accessToken}` };
  let at = 0;
  const client = (): GrpcJsClient => {
    const here = clients[at % clients.length];
    if (here === undefined) throw new Error("no server");
    return here;
  };
  const failed = (code: number): void => {
    if (code === UNAVAILABLE) at++;
  };
  return {
    /** Tries until it is stored. */
    async say(text: string): Promise<string> {
      const message = { text, clientMessageId: randomUUID() };
      const { messages } = await untilTaken(async () => {
        const end = await client().call(Messaging.method.sendMessage, message, headers);
        failed(end.code);
        return end;
      });
      return messages[0]?.messageId ?? "";
    },

    /** Reads on until it has so many, over streams that break `cuts` times, and whenever a server breaks them. */
    async read(resumeAfter: string, count: number, cuts: number): Promise<readonly Message[]> {
      const read: Message[] = [];
      let after = resumeAfter;
      let cut = 1;
      while (read.length < count) {
        const request = Buffer.from(
          toBinary(EmptySchema, create(EmptySchema, { resumeAfter: after, events: true })),
        );
        const stream = client().open(Messaging.method.messageStream, request, headers);
        const { promise, resolve } = Promise.withResolvers<number>();
        stream.on("data", (message: Message) => {
          read.push(message);
          after = message.messageId ?? "";
          const isCut = cut <= cuts && read.length >= (cut * count) / (cuts + 1);
          if (isCut) cut++;
          if (isCut || read.length === count) {
            // What is on its way is lost with the stream.
            stream.removeAllListeners("data").cancel();
          }
        });
        stream.on("error", ({ code }: { code: number }) => resolve(code));
        const code = await promise;
        failed(code);
        if (code !== 1 && !PASSING.has(code)) throw new Error(`a stream ended by ${code}`);
        if (code !== 1) await pause(20);
      }
      return read;
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

async function redisDoes(...command: string[]): Promise<void> {
  const client = await createClient({ url: servers.redis.url }).connect();
  await client.sendCommand(command);
  client.destroy();
}

/** What breaks when that share of the messages was sent. */
const faults: readonly (readonly [share: number, fault: () => Promise<unknown>])[] = [
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
];

type RoomClient = ReturnType<typeof connect>;

/** All send and all read, whatever happens meanwhile; resolves to what is to be {@link each} message once, in one order. */
async function talk(
  clients: readonly RoomClient[],
  { sends, readers, cuts }: { readonly sends: number; readonly readers: number; readonly cuts: number },
  happens: readonly (readonly [share: number, fault: () => Promise<unknown>])[],
) {
  const of = (at: number): RoomClient => {
    const client = clients[at % clients.length];
    if (client === undefined) throw new Error("no client");
    return client;
  };
  const start = await of(0).say("start");
  const reading = Array.from({ length: readers }, (_, at) => of(at).read(start, sends, cuts));
  const broken: Promise<unknown>[] = [];
  const due = [...happens];
  let begun = 0;
  const send = async (sender: number): Promise<void> => {
    while (begun < sends) {
      const at = begun++;
      while ((due[0]?.[0] ?? 1) * sends <= at) {
        const fault = due.shift()?.[1];
        if (fault !== undefined) broken.push(fault());
      }
      await of(sender).say(`${at}`);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, (_, at) => send(at)));
  await Promise.all(broken);
  const reads = await Promise.all(reading);
  const from = Number(reads[0]?.[0]?.seq);
  return {
    faultsLeft: due.length,
    withoutGap: reads.every((read) => read.every(({ seq }, at) => Number(seq) === from + at)),
    messages: new Set(reads.flatMap((read) => read.map(({ text }) => text))).size,
    orders: new Set(reads.map((read) => read.map(({ text }) => text).join(" "))).size,
  };
}

const each = (sends: number) => ({ faultsLeft: 0, withoutGap: true, messages: sends, orders: 1 });

test("[14] from two servers, each message once and in order, over broken streams, without Redis and database", async () => {
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
