import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { ServerEvent } from "#contract/events/event-wire.ts";
import { Messaging } from "#proto/messaging_pb.ts";
import { Rooms } from "#proto/rooms_pb.ts";
import { limitMs } from "#tests/testing/test-size.ts";
import { openEvents, wsTokenOf, type EventClient } from "#tests/testing/event-client.ts";
import { statusName } from "#tests/doubles/wire-client.ts";
import { startTwoServers } from "#tests/testing/two-servers.ts";
import { asked } from "../streaming/streaming-stage.ts";
import { GrpcJsClient } from "../server-clients.ts";
import { startTestServer } from "../start-test-server.ts";
import { send } from "../web-stage.ts";

/** A change at one server is shown by whoever is at another. */
const SHOWN_WITHIN_MS = limitMs(30_000, 300);
/** The same, with nothing that would tell one server of the other. */
const POLLED_WITHIN_MS = limitMs(30_000, 1_500);

interface Person {
  readonly httpUrl: string;
  readonly accessToken: string;
}

/** Asks the server for JSON, and fails when it refuses. */
async function ask(
  { httpUrl, accessToken }: Person,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const answer = await send(httpUrl, {
    method,
    path,
    headers: {
      authorization: `Bearer ${accessToken}`,
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
  return answer.json as Record<string, unknown>;
}

/** Calls as somebody; what is answered must be right. */
function personIn(client: GrpcJsClient, token: string) {
  return async <I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    init: MessageInitShape<I>,
  ): Promise<MessageShape<O>> => {
    const { messages, details } = await client.call(method, init, { authorization: `Bearer ${token}` });
    const [message] = messages;
    if (message === undefined) throw new Error(`no answer: ${details}`);
    return message;
  };
}

async function listen({ httpUrl, accessToken }: Person, cursor?: string): Promise<EventClient> {
  const headers = { authorization: `Bearer ${await wsTokenOf(httpUrl, accessToken)}` };
  return openEvents(httpUrl, headers, cursor === undefined ? "" : `?cursor=${cursor}`);
}

const newChat = async (person: Person, body: object = {}): Promise<string> =>
  String((await ask(person, "POST", "/v1/chats", body))["id"]);

test.each([
  ["PostgreSQL and Redis", true, false],
  ["PostgreSQL while Redis is gone", true, true],
  ["PostgreSQL alone", false, false],
])(
  "[16] a rename and what happens in rooms at one server are told at the other, on %s",
  async (_name, withRedis, killed) => {
    await using servers = await startTwoServers(withRedis);
    const { accessToken } = await servers.signInAs("ann");
    using client = new GrpcJsClient(servers.a.grpcUrl);
    const bob = personIn(client, (await servers.signInAs("bob")).accessToken);
    const ann = personIn(client, accessToken);
    const { room = "" } = await bob(Rooms.method.createRoom, { name: "Birds" });
    const [atA, atB] = [servers.a, servers.b].map(({ httpUrl }) => ({ httpUrl, accessToken }));
    if (atA === undefined || atB === undefined) throw new Error("two servers");
    const id = await newChat(atA, { title: "Before" });
    await using events = await listen(atB);
    expect(await events.next()).toMatchObject({ type: "snapshot", chats: [{ id, title: "Before" }] });
    await bob(Rooms.method.inviteMember, { room, login: "ann" });
    expect(await events.next()).toMatchObject({ type: "event", kind: "room.invited", room });
    if (killed) await servers.redis.stop();
    const within = withRedis && !killed ? SHOWN_WITHIN_MS : POLLED_WITHIN_MS;
    for (const title of ["First", "Second", "Third"]) {
      const startedMs = performance.now();
      await ask(atA, "PUT", `/v1/chats/${id}`, { title });
      expect(await events.next()).toMatchObject({ type: "event", kind: "chat.renamed", chat_id: id });
      expect(performance.now() - startedMs).toBeLessThan(within);
    }
    const told = async (does: Promise<unknown>, ...events_: readonly object[]) => {
      const startedMs = performance.now();
      await does;
      for (const event of events_) expect(await events.next()).toMatchObject({ type: "event", ...event });
      expect(performance.now() - startedMs).toBeLessThan(within);
    };
    // Who is only invited is told of nothing in it.
    await bob(Messaging.method.sendMessage, { room, text: "Not here yet" });
    await told(ann(Rooms.method.joinRoom, { room }), { kind: "room.joined", room });
    const message = { type: "event", kind: "room.message", room };
    await told(bob(Messaging.method.sendMessage, { room, text: "Hello" }), { ...message, room_seq: 4 });
    // Of a mention both are told, in either order.
    await bob(Messaging.method.sendMessage, { room, text: "@ann?" });
    const both = [await events.next(), await events.next()];
    expect(both).toContainEqual({ ...message, room_seq: 5 });
    expect(both).toContainEqual(expect.objectContaining({ kind: "room.mention", room, room_seq: 5 }));
    await told(bob(Messaging.method.sendMessage, { text: "To all" }), { kind: "room.message", room_seq: 1 });
    // Of what is read no other server is told where nothing tells it.
    if (withRedis && !killed)
      await told(ann(Rooms.method.markRead, { room, seq: 5n }), { kind: "room.read", room, room_seq: 5 });
    // That somebody has left is something new in the room, which who is removed may hear of before.
    await bob(Rooms.method.removeMember, { room, login: "ann" });
    for (let kind: unknown = "room.message"; kind !== "room.left"; { kind } = await events.next())
      expect(kind).toBe("room.message");
    await bob(Messaging.method.sendMessage, { room, text: "Nobody hears" });
    // The bus of a process that is alone reaches whoever is at the same server, too.
    const startedMs = performance.now();
    await ask(atB, "PUT", `/v1/chats/${id}`, { pinned: true });
    expect(await events.next()).toMatchObject({ kind: "chat.changed" });
    expect(performance.now() - startedMs).toBeLessThan(SHOWN_WITHIN_MS);
  },
);

test("[16] a client whose socket was cut goes on where it was, with each change once; without sockets it is told the same", async () => {
  await using server = await startTestServer();
  const first = await listen(server);
  const { cursor } = await first.next();
  const id = await newChat(server);
  const made = await first.next();
  expect(made).toEqual({
    type: "event",
    kind: "chat.created",
    seq: 1,
    cursor: expect.any(String) as string,
    at: expect.stringMatching(/^\d{4}-.*Z$/u) as string,
    chat_id: id,
  });
  await first[Symbol.asyncDispose]();
  // While nobody listens; more than is read at once.
  const pins = Array.from({ length: 250 }, (_, at) => at % 2 === 0);
  for (const pinned of pins) await ask(server, "PUT", `/v1/chats/${id}`, { pinned });
  await newChat(server, { temporary: true });
  await ask(server, "PUT", "/v1/memories", { remembers: false });
  await using second = await listen(server, String(made["cursor"]));
  const seqs: unknown[] = [];
  for (const _ of pins) seqs.push((await second.next())["seq"]);
  expect(seqs).toEqual(pins.map((_, at) => at + 2));
  const last = await second.next();
  expect(last).toMatchObject({ kind: "memory.changed", seq: 252 });

  const changes = async (after: unknown) =>
    (await ask(server, "GET", `/v1/changes?cursor=${String(after)}`)) as unknown as {
      readonly data: readonly (ServerEvent & { readonly seq: number; readonly cursor: string })[];
      readonly more: boolean;
    };
  const page = await changes(cursor);
  expect(page.more).toBe(true);
  expect(page.data[0]).toEqual(made);
  const rest = await changes(page.data.at(-1)?.cursor);
  expect([...page.data, ...rest.data].map(({ seq }) => seq)).toEqual(
    Array.from({ length: 252 }, (_, at) => at + 1),
  );
  expect(rest.more).toBe(false);
  expect(await changes(last["cursor"])).toEqual({ data: [], more: false });
  // One of the future, of another history, and none at all begin anew.
  for (const unknown of ["300-1", "1-1", "none", ""])
    expect((await changes(unknown)).data).toMatchObject([{ type: "snapshot", chats: [{ id }] }]);
});

test("tells of a turn's beginning and end with its chat, and of nothing in a temporary chat or another's account", async () => {
  await using servers = await startTwoServers();
  const ann = { httpUrl: servers.a.httpUrl, ...(await servers.signInAs("ann")) };
  const bob = { httpUrl: servers.a.httpUrl, ...(await servers.signInAs("bob")) };
  await using events = await listen(ann);
  await events.next();
  await newChat(bob);
  const chatId = await newChat(ann, { temporary: true });
  const client = servers.connect(servers.a, ann.accessToken);
  for (const question of [{ ...asked("Hidden"), chatId }, asked("Shown")])
    expect(statusName((await client.stream(question).status).code)).toBe("OK");
  const [begun, finished] = [await events.next(), await events.next()];
  expect([begun, finished]).toMatchObject([
    { kind: "turn.begun", seq: 1 },
    { kind: "turn.finished", seq: 2, chat_id: begun["chat_id"], turn_id: begun["turn_id"] },
  ]);
  expect(begun["chat_id"]).not.toBe(chatId);
});

test("who writes in a room and who is there is told among its members alone, at both servers, and kept nowhere", async () => {
  await using servers = await startTwoServers();
  using client = new GrpcJsClient(servers.a.grpcUrl);
  const people = await Promise.all(["ann", "bob", "eve"].map((login) => servers.signInAs(login)));
  const [ann, bob, eve] = people.map(({ accessToken }) => ({
    accessToken,
    call: personIn(client, accessToken),
  }));
  if (ann === undefined || bob === undefined || eve === undefined) throw new Error("three people");
  const { room = "" } = await ann.call(Rooms.method.createRoom, { name: "Birds" });
  for (const login of ["bob", "eve"]) await ann.call(Rooms.method.inviteMember, { room, login });
  await bob.call(Rooms.method.joinRoom, { room });
  const at = (server: { readonly httpUrl: string }, { accessToken }: { readonly accessToken: string }) =>
    listen({ httpUrl: server.httpUrl, accessToken });
  await using annAtA = await at(servers.a, ann);
  await using bobAtB = await at(servers.b, bob);
  await using eveAtA = await at(servers.a, eve);
  const all = [annAtA, bobAtB, eveAtA];
  for (const events of all) expect(await events.next()).toMatchObject({ type: "snapshot" });
  const typing = JSON.stringify({ type: "typing", room, login: "somebody else" });
  // Eve is only invited: she says nothing, and hears nothing.
  eveAtA.send(typing, JSON.stringify({ type: "presence", room }));
  expect(await eveAtA.next()).toEqual({ type: "presence", room });
  bobAtB.send(JSON.stringify({ type: "typing", room: 7 }), '{"type":"typing","room":"nowhere"}', typing);
  expect(await annAtA.next()).toEqual({ type: "typing", room, login: "bob" });
  annAtA.send(JSON.stringify({ type: "presence", room }));
  expect(await annAtA.next()).toEqual({ type: "presence", room, logins: ["ann", "bob"] });
  annAtA.send(JSON.stringify({ type: "presence" }));
  expect(await annAtA.next()).toEqual({ type: "presence", logins: ["ann", "bob", "eve"] });
  // Who says it without end is heard no more than so often, and the link goes on.
  for (let sent = 0; sent < 200; sent += 1) bobAtB.send(typing);
  bobAtB.send('{"type":"ping","timestamp":1}');
  expect(await bobAtB.next()).toEqual({ type: "pong", timestamp: 1 });
  await bob.call(Messaging.method.sendMessage, { room, text: "Hello" });
  let marks = 0;
  for (let type: unknown = "typing"; type === "typing"; { type } = await annAtA.next()) marks += 1;
  expect(marks).toBeLessThan(12);
  // The assistant says so, too.
  await ann.call(Messaging.method.sendMessage, { room, text: "@pipit hello?" });
  for (;;) {
    const { type, login } = await bobAtB.next();
    if (type === "typing") {
      expect(login).toBe("pipit");
      break;
    }
  }
  await ann.call(Rooms.method.removeMember, { room, login: "bob" });
  for (let kind: unknown; kind !== "room.left";) ({ kind } = await bobAtB.next());
  // May say something again, but not here.
  servers.advance(60_000);
  bobAtB.send(JSON.stringify({ type: "presence", room }));
  expect(await bobAtB.next()).toEqual({ type: "presence", room });
});
