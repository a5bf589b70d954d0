import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeTransport } from "#engine/testing/fake-transport.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { createLazyAsk } from "./lazy-ask.ts";

const never = new AbortController().signal;
const question = { prompt: "a", clientMessageId: "1", hardwareId: "h", speak: false };

test("begins to load at once, and only once", async () => {
  let loads = 0;
  const fake = createFakeTransport(createFakeSession("ann"));
  const ask = createLazyAsk(async () => {
    loads += 1;
    return fake.ask;
  });
  const first = ask(question, never)[Symbol.asyncIterator]().next();
  const call = await fake.call(0);
  call.emit({ type: "end" });
  expect(await first).toEqual({ done: false, value: { type: "end" } });
  expect(loads).toBe(1);
});

test("loads before it is asked: a script that a lost server kept back could not be had any more", () => {
  let loads = 0;
  createLazyAsk(async () => {
    loads += 1;
    return createFakeTransport(createFakeSession("ann")).ask;
  });
  expect(loads).toBe(1);
});

test("throws what loading threw, and tries again with the next call", async () => {
  let online = false;
  const fake = createFakeTransport(createFakeSession("ann"));
  const lazy = createLazyAsk(async () => {
    if (!online) throw new PipitError("SERVER_UNREACHABLE", "Away.");
    return fake.ask;
  });
  const begin = () => lazy(question, never)[Symbol.asyncIterator]().next();
  await expect(begin()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  online = true;
  const answer = begin();
  (await fake.call(0)).emit({ type: "text", text: "back" });
  expect(await answer).toMatchObject({ value: { text: "back" } });
});

test("lets go of a caller who no longer waits", async () => {
  const ask = createLazyAsk(() => new Promise(() => undefined));
  const abort = new AbortController();
  const asking = ask(question, abort.signal)[Symbol.asyncIterator]().next();
  abort.abort();
  await expect(asking).rejects.toMatchObject({ code: "CANCELLED" });
});
