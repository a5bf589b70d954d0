import { describe, expect, test } from "vitest";
import { createQuotas } from "#server/domain/usage/quotas.ts";
import { databases } from "#server/testing/databases.ts";

describe.each(databases)("limits of one account, on $name", ({ open }) => {
  test("count instead of the server's, each by itself, until they are given back", async () => {
    await using temporary = await open();
    const { auth, tokenUse: use } = temporary.store;
    const usual = { tokensPerDay: 100, tokensPerMonth: 0 };
    const quotas = createQuotas({ use, limits: auth.tokenLimits, usual, clock: temporary.clock });
    const limitsOf = async (userId: string) => {
      const { day, month } = await quotas.state(userId);
      return [day?.limit, month?.limit];
    };
    await auth.transaction((tx) => tx.tokenLimits.change("ann", { tokensPerDay: 5 }));
    await auth.tokenLimits.change("ann", { tokensPerMonth: 7_000_000_000 });
    expect([await limitsOf("ann"), await limitsOf("bob")]).toEqual([
      [5, 7_000_000_000],
      [100, undefined],
    ]);
    await auth.tokenLimits.change("ann", { tokensPerDay: 0 });
    expect(await limitsOf("ann")).toEqual([undefined, 7_000_000_000]);
    await auth.tokenLimits.change("ann", { tokensPerDay: null, tokensPerMonth: null });
    expect(await limitsOf("ann")).toEqual([100, undefined]);
  });
});
