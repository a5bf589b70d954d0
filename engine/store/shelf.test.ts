import { expect, test } from "vitest";
import { createShelf } from "./shelf.ts";

const image = (sizeBytes: number) => ({ bytes: new Uint8Array(sizeBytes), widthPx: 1, heightPx: 1 });
const sizeOf = ({ bytes }: { readonly bytes: Uint8Array }) => bytes.byteLength;

test("keeps pictures up to its size, dropping the oldest", () => {
  const shelf = createShelf(sizeOf, 10);
  shelf.put("a", image(4));
  shelf.put("b", image(4));
  shelf.put("c", image(4));
  expect([shelf.get("a"), shelf.get("b")?.bytes.length, shelf.get("c")?.bytes.length]).toEqual([
    undefined,
    4,
    4,
  ]);
  shelf.put("c", image(6));
  expect(shelf.get("b")).toBeDefined();
  shelf.drop("b");
  shelf.drop("b");
  expect(shelf.get("b")).toBeUndefined();
  shelf.put("huge", image(11));
  expect(shelf.get("huge")).toBeUndefined();
});

test("keeps 32 MiB of pictures when nothing else is said", () => {
  const shelf = createShelf(sizeOf);
  const eightMiB = 8 * 1024 * 1024;
  for (const id of ["a", "b", "c", "d"]) shelf.put(id, image(eightMiB));
  expect(shelf.get("a")).toBeDefined();
  shelf.put("e", image(1));
  expect(shelf.get("a")).toBeUndefined();
  expect(shelf.get("b")).toBeDefined();
});
