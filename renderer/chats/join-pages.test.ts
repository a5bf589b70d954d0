import { expect, test } from "vitest";
import type { ChatPage } from "#contract/chat-history.ts";
import { withFirstPage, withNextPage } from "./join-pages.ts";

const page = (changes: Readonly<Record<string, number>>, next?: string): ChatPage => ({
  chats: Object.entries(changes).map(([id, updatedAtMs]) => {
    return { id, title: id, createdAtMs: 0, updatedAtMs, pinned: false, archived: false };
  }),
  ...(next !== undefined && { next }),
});
const ids = ({ chats }: ChatPage) => chats.map(({ id }) => id);

test("a new first page keeps what was read below it, without what has moved up or was deleted within it", () => {
  const before = page({ deleted: 9, moved: 5, b: 4, c: 3 }, "after c");
  const joined = withFirstPage(page({ moved: 10, a: 8, b: 4 }, "after b"), before);
  expect(ids(joined)).toEqual(["moved", "a", "b", "c"]);
  expect(joined.next).toBe("after c");
});

test("a first page that is all there is leaves nothing else", () => {
  expect(withFirstPage(page({ a: 1 }), page({ b: 2 }, "on"))).toEqual(page({ a: 1 }));
});

test("what follows is added once, and says where to go on", () => {
  const joined = withNextPage(page({ a: 3, b: 2 }, "after b"), page({ b: 2, c: 1 }));
  expect(ids(joined)).toEqual(["a", "b", "c"]);
  expect(joined.next).toBeUndefined();
});
