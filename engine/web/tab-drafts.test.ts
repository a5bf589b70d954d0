import { expect, test } from "vitest";
import { createStore } from "zustand/vanilla";
import type { AuthState } from "#contract/auth-state.ts";
import { createMemoryValues } from "./page-values.ts";
import { openTabDrafts } from "./tab-drafts.ts";

const signedIn = (accountId: string): AuthState => {
  return { kind: "signed-in", accountId, accountName: accountId, local: false };
};

/** Web Locks of one browser, whose tabs can be closed. */
function createBrowser() {
  const held = new Map<string, () => void>();
  const tab = (kept = new Map<string, string>()) => {
    const names: string[] = [];
    const locks = {
      async request(name: string, _options: LockOptions, work: () => Promise<void>) {
        if (held.has(name)) throw new DOMException("too long", "TimeoutError");
        held.set(name, () => undefined);
        names.push(name);
        await work();
      },
      query: async () => ({ held: [...held.keys()].map((name) => ({ name })) }),
    } as unknown as LockManager;
    const session = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    return { kept, locks, session, close: () => names.forEach((name) => held.delete(name)) };
  };
  return { tab };
}

test("each tab has its own text again after a reload, and a new one takes what a tab that is gone has left", async () => {
  const values = createMemoryValues();
  await values.update("draft", () => "of an older page");
  const browser = createBrowser();
  const [first, second] = [browser.tab(), browser.tab()];
  const one = await openTabDrafts(values, first);
  expect(await one.load()).toEqual({ text: "of an older page" });
  const two = await openTabDrafts(values, second);
  expect(await two.load()).toEqual({ text: "" });
  await one.save("one", "ann");
  await two.save("two", "ann");

  first.close();
  const reloaded = await openTabDrafts(values, browser.tab(first.kept));
  expect(await reloaded.load()).toEqual({ text: "one", accountId: "ann" });
  // The browser copies what is of the tab when that is duplicated.
  const twin = await openTabDrafts(values, browser.tab(new Map(first.kept)));
  expect(await twin.load()).toEqual({ text: "" });
  await twin.save("twin", undefined);
  expect(await reloaded.load()).toEqual({ text: "one", accountId: "ann" });

  second.close();
  const next = await openTabDrafts(values, browser.tab());
  expect(await next.load()).toEqual({ text: "two", accountId: "ann" });
  expect(await (await openTabDrafts(values, browser.tab())).load()).toEqual({ text: "" });
});

test("[14] what stands in the fields of rooms is kept as the composer's text is: by tab, account and room", async () => {
  const values = createMemoryValues();
  const browser = createBrowser();
  const [first, second] = [browser.tab(), browser.tab()];
  const one = await openTabDrafts(values, first);
  const two = await openTabDrafts(values, second);
  await one.save("to birds", "ann", "birds");
  await two.save("to birds, elsewhere", "ann", "birds");
  await two.save("to trees", "ann", "trees");
  await one.save("a question", "ann");
  await one.save("nobody's", undefined, "birds");
  first.close();
  const reloaded = await openTabDrafts(values, browser.tab(first.kept));
  expect(await reloaded.loadRooms()).toMatchObject([{ text: "to birds", accountId: "ann", room: "birds" }]);
  expect(await reloaded.load()).toMatchObject({ text: "a question" });
  second.close();
  await reloaded.save("", "ann", "birds");
  const texts = (await (await openTabDrafts(values, browser.tab())).loadRooms()).map(({ text }) => text);
  expect(texts).toEqual(["to birds, elsewhere", "to trees"]);
  for (let at = 0; at < 30; at += 1) await reloaded.save(`${at}`, "ann", `room ${at}`);
  expect(await values.read("room-drafts")).toHaveLength(20);
});

test("nothing stays of one who signs out, or whose place another account takes", async () => {
  for (const end of [{ kind: "signed-out", reason: "logout" } as const, signedIn("bob")]) {
    const values = createMemoryValues();
    const browser = createBrowser();
    const gone = browser.tab();
    const left = await openTabDrafts(values, gone);
    await left.save("secret", "ann");
    await left.save("secret", "ann", "birds");
    gone.close();
    const drafts = await openTabDrafts(values, browser.tab());
    const auth = createStore<AuthState>()(() => signedIn("ann"));
    drafts.follow(auth);
    // Theirs still: they sign in again.
    auth.setState({ kind: "signed-out", reason: "expired" }, true);
    expect(await values.read("draft")).toMatchObject([{ text: "secret" }]);
    auth.setState(end, true);
    await expect.poll(() => values.read("draft")).toEqual([]);
    await expect.poll(() => values.read("room-drafts")).toEqual([]);
  }
});

test("a browser without locks and without a storage of the tab keeps the last text, as before", async () => {
  const values = createMemoryValues();
  const bare = { locks: undefined, session: undefined };
  await (await openTabDrafts(values, bare)).save("a thought", undefined);
  expect(await (await openTabDrafts(values, bare)).load()).toMatchObject({ text: "a thought" });
});
