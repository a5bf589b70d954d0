import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { sharedDatabases } from "#server/testing/databases.ts";

/** More than there are connections. */
const STORM = 30;

describe.each(sharedDatabases)("a room on $name that all write into at once", ({ open }) => {
  test("[14] leaves connections to everybody else while its lock is taken, and takes each in its turn", async () => {
    await using temporary = await open();
    const { auth, rooms } = temporary.store;
    const other = (await temporary.openSecond()).auth;
    for (const id of ["ann", "bob"]) await auth.accounts.create(accountOf({ id, login: id }));
    for (const id of ["loud", "quiet"]) await auth.roomMembers.create({ id, name: id, ownerId: "ann" });
    const isLocked = Promise.withResolvers<void>();
    const isOver = Promise.withResolvers<void>();
    const locking = other.transaction(async (tx) => {
      await tx.roomMembers.invite("ann", "loud", "bob", STORM);
      isLocked.resolve();
      await isOver.promise;
    });
    await isLocked.promise;
    const said = Array.from({ length: STORM }, (_, at) =>
      rooms.append({
        id: `${at}`,
        roomId: "loud",
        authorId: "ann",
        text: `${at}`,
        clientMessageId: undefined,
        replyTo: undefined,
      }),
    );
    const { seq } = await rooms.append({
      id: "heard",
      roomId: "quiet",
      authorId: "ann",
      text: "heard",
      clientMessageId: undefined,
      replyTo: undefined,
    });
    isOver.resolve();
    await locking;
    const seqs = (await Promise.all(said)).map((entry) => entry.seq);
    expect(seq).toBe(2);
    expect(seqs.toSorted((a, b) => a - b)).toEqual(seqs.map((_, at) => at + 2));
  });
});
