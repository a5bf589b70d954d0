import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { EVERYONE } from "#contract/rooms/rooms.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { away, common, createStage, gone, room } from "#engine/testing/rooms-harness.ts";
import { createRoomOutbox } from "./room-outbox.ts";
import { roomQueueOf } from "./room-queue.ts";

const signedOut = new PipitError("SIGNED_OUT", "Sign in again.");

test("[14] what is written is shown at once, waits while the server is away, and stands once, whatever was lost on the way", async () => {
  using stage = createStage();
  stage.say("hello");
  await stage.engine.list();
  stage.engine.open("r");
  await settle();
  expect(stage.texts()).toEqual(["hello"]);
  stage.refusals = [away];
  stage.engine.send("r", "mine");
  expect(stage.pending()).toEqual(["mine sending"]);
  await settle();
  expect(stage.pending()).toEqual(["mine waiting"]);
  expect(stage.state().opened?.pending[0]?.status).toMatchObject({ reason: { code: "SERVER_UNREACHABLE" } });
  stage.lost = [away];
  stage.engine.retry("r", "id1");
  await settle();
  expect([stage.texts(), stage.pending()]).toEqual([["hello", "mine"], []]);
  stage.engine.send("r", "more");
  stage.engine.resume();
  await settle();
  expect(stage.sends).toEqual(["mine id1", "mine id1", "mine id1", "more id2"]);
  expect([stage.texts(), stage.pending()]).toEqual([["hello", "mine", "more"], []]);

  // One that the server does not take lets the next one go, and stays until it is sent again or dropped.
  stage.refusals = [new PipitError("INVALID_REQUEST", "Too long.", { field: "text" })];
  stage.engine.send("r", "long");
  stage.engine.send("r", "short");
  await settle();
  expect([stage.texts().at(-1), stage.pending()]).toEqual(["short", ["long failed"]]);
  stage.engine.retry("r", "id3");
  await settle();
  expect([stage.texts().at(-1), stage.pending(), stage.sends.at(-1)]).toEqual(["long", [], "long id3"]);
  stage.refusals = [away];
  stage.engine.send("r", "never mind");
  await settle();
  stage.engine.discard("r", "id5");
  await stage.clock.advance(60_000);
  await settle();
  expect([stage.texts().at(-1), stage.pending()]).toEqual(["long", []]);
});

test("a room that is closed sends what waits to its end, and then is followed no more; what was not taken is there again", async () => {
  using stage = createStage([room, { ...room, id: "other" }]);
  stage.say("hello");
  await stage.engine.list();
  stage.engine.open("r");
  await settle();
  stage.refusals = [new PipitError("INVALID_REQUEST", "Too long.", { field: "text" }), away];
  stage.engine.send("r", "long");
  stage.engine.send("r", "waits");
  await settle();
  stage.engine.open("other");
  await settle();
  expect([stage.followed, stage.pending()]).toEqual([2, []]);
  stage.engine.resume();
  await settle();
  expect(stage.sends.at(-1)).toBe("waits id2");
  expect(stage.followed).toBe(1);
  stage.engine.open("r");
  await settle();
  expect([stage.texts(), stage.pending()]).toEqual([["hello", "waits"], ["long failed"]]);
  stage.engine.close();
  await settle();
  expect([stage.followed, stage.state().opened, stage.state().lines]).toEqual([0, undefined, []]);
});

test("what others say is unread until it is seen, a mention is marked, and edits change what stands there", async () => {
  using stage = createStage([
    { ...room, unread: 1, readSeq: 0, lastSeq: 1 },
    { ...room, id: "in", invited: true },
    common,
  ]);
  stage.say("look, @Ann.");
  await stage.engine.list();
  await settle();
  expect(stage.state().rooms?.map(({ id = EVERYONE, mentioned = false }) => [id, mentioned])).toEqual([
    [EVERYONE, false],
    ["in", false],
    ["r", true],
  ]);
  stage.engine.open("r");
  await settle();
  stage.engine.read("r", 1);
  await settle();
  expect(stage.state().rooms?.[2]).toMatchObject({ unread: 0, mentioned: false, readSeq: 1 });
  stage.say("two");
  await settle();
  expect(stage.state().rooms?.[2]).toMatchObject({ unread: 1, lastSeq: 2 });
  stage.engine.read("r", 2);
  await stage.clock.advance(2_000);
  await settle();
  expect(stage.marks).toEqual([1, 2]);
  await stage.engine.edit("r", "m1", "look!");
  await settle();
  expect(stage.texts()).toEqual(["look!", "two"]);
  expect(stage.state().lines[0]).toMatchObject({ edited: true });
  await expect(stage.engine.delete("r", "m2")).rejects.toMatchObject({ code: "NOT_ALLOWED" });
});

test("older pages come before the first line; who has read to the end keeps the last lines of many", async () => {
  using stage = createStage();
  for (let at = 1; at <= 1_100; at += 1) stage.say(`${at}`);
  await stage.engine.list();
  stage.engine.open("r");
  await settle();
  expect([stage.texts()[0], stage.state().opened?.older]).toEqual(["1081", true]);
  await Promise.all([stage.engine.older("r"), stage.engine.older("r")]);
  expect(stage.texts()[0]).toBe("1031");
  while (stage.state().opened?.older === true) await stage.engine.older("r");
  expect(stage.texts()).toHaveLength(1_100);
  stage.engine.read("r", 1_100);
  expect([stage.texts()[0], stage.state().opened?.older]).toEqual(["601", true]);
});

test("whoever is put out is told so; a sign-in that has ended goes on where it was; a room is made once", async () => {
  using stage = createStage();
  stage.say("hello");
  await stage.engine.list();
  stage.engine.open("r");
  await settle();
  stage.listed = [];
  stage.tell(gone);
  await settle();
  expect(stage.state()).toMatchObject({
    rooms: [],
    opened: { link: "ended", failure: { code: "ROOM_NOT_FOUND" } },
  });
  expect(stage.texts()).toEqual(["hello"]);
  stage.engine.resume();
  expect(stage.state().opened?.link).toBe("ended");
  await stage.engine.join("r");
  await settle();
  expect(stage.state().opened?.link).toBe("live");
  stage.tell(new PipitError("SIGNED_OUT", "Sign in again."));
  await settle();
  expect(stage.state().opened?.link).toBe("ended");
  stage.engine.resume();
  await settle();
  expect(stage.state().opened).toMatchObject({ link: "live" });

  stage.creation = away;
  await expect(stage.engine.create("Trees")).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  stage.creation = undefined;
  const id = await stage.engine.create("Trees");
  expect(stage.creations).toEqual([id, id]);
});

test("[14] what was not sent outlives the program: a later one sends it once and in order, and it is the account's alone", async () => {
  const kept = createMemoryOutbox();
  {
    using ended = createStage([room], kept);
    await ended.engine.list();
    ended.engine.open("r");
    await settle();
    ended.refusals = [new PipitError("INVALID_REQUEST", "Too long.", { field: "text" })];
    await ended.engine.send("r", "long");
    await settle();
    ended.lost = [away];
    ended.refusals = [away, away];
    for (const text of ["one", "two", "dropped"]) await ended.engine.send("r", text);
    await settle();
    await ended.engine.discard("r", "id4");
    expect(ended.pending()).toEqual(["long failed", "one waiting", "two sending"]);
  }
  {
    using later = createStage([room], kept);
    await later.engine.takeUp();
    await settle();
    expect(later.sends).toEqual(["one id2", "two id3"]);
    later.engine.open("r");
    await settle();
    expect([later.texts(), later.pending()]).toEqual([["one", "two"], ["long failed"]]);
    // Nobody else's, and of the questions' queue neither.
    expect([await createRoomOutbox(kept, "b").takeUp(), await kept.list("a")]).toEqual([[], []]);
    later.engine.retry("r", "id1");
    await settle();
    // The room's own resumes do not take it for another one's.
    later.engine.resume();
    await settle();
    expect([later.texts(), later.sends.at(-1)]).toEqual([["one", "two", "long"], "long id1"]);
  }
  using last = createStage([room], kept);
  await last.engine.takeUp();
  expect([last.followed, last.sends]).toEqual([0, []]);
});

test("[14] a message that cannot be kept is not sent, and the person has it still", async () => {
  const kept = createMemoryOutbox();
  using stage = createStage([room], kept);
  stage.engine.open("r");
  await settle();
  kept.add = () => Promise.reject(new PipitError("STORAGE_FULL", "No room."));
  await expect(stage.engine.send("r", "mine")).rejects.toMatchObject({ code: "STORAGE_FULL" });
  expect([stage.sends, stage.pending()]).toEqual([[], []]);
});

test.each([
  { reason: away, goesTo: "r" },
  { reason: signedOut, goesTo: "r" },
  { reason: away, goesTo: EVERYONE },
  { reason: signedOut, goesTo: EVERYONE },
])(
  "[14] a sign-in that ended while a message waited ($reason.code, then in $goesTo): it is sent once that is back",
  async ({ reason, goesTo }) => {
    const kept = createMemoryOutbox();
    using stage = createStage([room, common], kept);
    stage.say("hello");
    stage.engine.open("r");
    await settle();
    stage.refusals = [reason];
    await stage.engine.send("r", "mine");
    await settle();
    expect(stage.pending()).toEqual(["mine waiting"]);
    stage.engine.open(goesTo);
    await settle();
    stage.tell(signedOut);
    await settle();
    stage.engine.resume();
    await settle();
    expect([stage.texts(), stage.pending()]).toEqual([["hello", "mine"], []]);
    expect(await kept.list(roomQueueOf("a"))).toEqual([]);
  },
);

test("who writes in the open room is shown until they have said it, say no more of it, or another room is opened; one's own writing is told now and then", async () => {
  using stage = createStage([room, common]);
  const { live } = stage.engine;
  const typing = () => stage.state().typing ?? [];
  const writes = (login: string, where: object = { room: "r" }) =>
    live.heard({ kind: "room.typing", login, ...where });
  await stage.engine.list();
  stage.engine.open("r");
  await settle();
  for (const login of ["zoe", "pipit", "ann", "max"]) writes(login);
  writes("eve", {});
  expect(typing()).toEqual(["zoe", "pipit", "max"]);
  await stage.clock.advance(4_000);
  writes("zoe");
  stage.say("said", { author: "max" });
  await settle();
  expect(typing()).toEqual(["zoe", "pipit"]);
  await stage.clock.advance(2_000);
  await settle();
  expect(typing()).toEqual(["zoe"]);
  stage.engine.open(EVERYONE);
  expect(typing()).toEqual([]);
  live.heard({ kind: "room.presence", logins: ["zoe"] });
  expect(stage.state().present).toEqual({ room: EVERYONE, logins: ["zoe"] });

  for (let at = 0; at < 3; at += 1) live.typing(EVERYONE);
  await stage.clock.advance(3_000);
  live.typing(EVERYONE);
  await stage.engine.send(EVERYONE, "hello");
  live.typing(EVERYONE);
  live.askPresence("r");
  const told = { type: "typing" };
  expect(stage.spoken).toEqual([told, told, told, { type: "presence", room: "r" }]);
});
