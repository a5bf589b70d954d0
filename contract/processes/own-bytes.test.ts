import { expect, test } from "vitest";
import { withOwnBytes } from "./own-bytes.ts";

test("a view into a larger memory is sent without its surroundings, wherever it stands", () => {
  const pool = new Uint8Array(64).fill(7);
  const { buffer } = pool;
  const sent = withOwnBytes({
    image: pool.subarray(8, 10),
    list: [{ node: Buffer.from(buffer, 16, 3) }, new Int16Array(buffer, 2, 2)],
    view: new DataView(buffer, 4, 5),
  }) as {
    readonly image: Uint8Array;
    readonly list: readonly [{ readonly node: Uint8Array }, Int16Array];
    readonly view: DataView;
  };
  const views = [sent.image, sent.list[0].node, sent.list[1], sent.view];
  expect(views.map((view) => [view.byteOffset, view.byteLength, view.buffer.byteLength])).toEqual([
    [0, 2, 2],
    [0, 3, 3],
    [0, 4, 4],
    [0, 5, 5],
  ]);
  expect(sent.image).toEqual(Uint8Array.of(7, 7));
});

test("what holds no such view is not copied", () => {
  const whole = { text: "a", bytes: new Uint8Array(3), deep: [{ at: new Date(0), none: null }] };
  expect(withOwnBytes(whole)).toBe(whole);
  expect(withOwnBytes("text")).toBe("text");
});
