import { expect, test } from "vitest";
import { createLockedStatements } from "./locked-statements.ts";

const select = "select 1 from chats where id = $1";
const timedOut = Object.assign(new Error("canceling statement due to lock timeout"), { code: "55P03" });

test("a statement that a lock held up is tried twice at once and else refused, until one gets through", async () => {
  const told: string[] = [];
  const { run } = createLockedStatements((text) => told.push(text));
  const locked = async (): Promise<never> => Promise.reject(timedOut);
  await expect(run(select, locked)).rejects.toBe(timedOut);
  await expect(run(select, locked)).rejects.toBe(timedOut);
  expect(told).toEqual([select]);

  const { promise: released, resolve: release } = Promise.withResolvers<string>();
  const waiting = [run(select, () => released), run(select, () => released)];
  const sent: string[] = [];
  const third = run(select, async () => sent.push("third"));
  await expect(third).rejects.toMatchObject({ code: "DATABASE_UNREACHABLE", retryable: true });
  expect(sent).toEqual([]);
  expect(await run("select 2", async () => "another")).toBe("another");

  release("free");
  expect(await Promise.all(waiting)).toEqual(["free", "free"]);
  const many = Array.from({ length: 5 }, (_, n) => run(select, async () => n));
  expect(await Promise.all(many)).toEqual([0, 1, 2, 3, 4]);
});
