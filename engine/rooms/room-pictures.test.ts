import { expect, test } from "vitest";
import { sizeOf } from "#contract/screen-image.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { away, createStage, room, shown } from "#engine/testing/rooms-harness.ts";

test("[14] a picture waits with its message, outlives the program, is sent once, and is asked for once", async () => {
  const kept = createMemoryOutbox();
  {
    using first = createStage([room], kept);
    first.engine.open("r");
    await settle();
    first.refusals.push(away);
    await first.engine.send("r", "", shown);
    await settle();
    const [waiting] = first.state().opened?.pending ?? [];
    expect(waiting).toMatchObject({ text: "", picture: { widthPx: 4, heightPx: 3, sizeBytes: 2 } });
  }
  using later = createStage([room], kept);
  later.say("hi");
  later.refusals.push(away);
  await later.engine.takeUp();
  later.engine.open("r");
  await settle();
  const [pending] = later.state().opened?.pending ?? [];
  expect(await later.engine.picture("r", pending?.id ?? "")).toEqual(shown);
  later.clock.advance(60_000);
  await settle();
  expect(later.sends).toEqual([" id1 7 8", " id1 7 8"]);
  expect(later.state().opened?.pending).toEqual([]);
  expect(later.state().lines[1]).toMatchObject({ text: "", picture: { sizeBytes: 2 } });
  // It is the same one, once the server has it; another's is asked for once.
  later.say("look", { picture: sizeOf(shown) });
  await settle();
  for (const id of ["id1", "m3", "m3"]) expect(await later.engine.picture("r", id)).toEqual(shown);
  expect(later.pictures).toEqual(["m3"]);
  later.say("", { kind: "changed", changes: "m3", deleted: true });
  await settle();
  expect(later.state().lines[2]?.picture).toBeUndefined();
});
