import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { sharedDatabases } from "#server/testing/databases.ts";

describe.each(sharedDatabases)("transactions of two servers on $name", ({ open }) => {
  test("that wait for each other both come through", async () => {
    await using temporary = await open();
    const first = temporary.store.auth;
    const second = (await temporary.openSecond()).auth;
    for (const id of ["u1", "u2"]) await first.accounts.create(accountOf({ id }));
    const bothHold = Promise.withResolvers<void>();
    let holding = 0;
    let runs = 0;
    const change = (auth: typeof first, one: string, other: string, about: string): Promise<void> =>
      auth.transaction(async (tx) => {
        runs++;
        await tx.accounts.update(one, { about }, 5);
        if (++holding === 2) bothHold.resolve();
        await bothHold.promise;
        await tx.accounts.update(other, { about }, 5);
      });
    await Promise.all([change(first, "u1", "u2", "first"), change(second, "u2", "u1", "second")]);
    expect(runs).toBe(3);
    const abouts = await Promise.all(
      ["u1", "u2"].map(async (id) => (await first.accounts.findById(id))?.about),
    );
    expect(new Set(abouts).size).toBe(1);
  });

  test("show each other nothing before they end", async () => {
    await using temporary = await open();
    const second = (await temporary.openSecond()).auth;
    await temporary.store.auth.transaction(async (tx) => {
      await tx.accounts.create(accountOf({ id: "u1" }));
      expect(await second.accounts.findById("u1")).toBeUndefined();
    });
    expect(await second.accounts.findById("u1")).toBeDefined();
  });
});
