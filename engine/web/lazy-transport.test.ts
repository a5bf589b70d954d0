import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeTransport } from "#engine/testing/fake-transport.ts";
import { createLazyTransport } from "./lazy-transport.ts";

const never = new AbortController().signal;
const question = { prompt: "a", clientMessageId: "1", hardwareId: "h", speak: false };

test("begins to load at once, and only once", async () => {
  let loads = 0;
  const fake = createFakeTransport();
  await using transport = createLazyTransport(async () => {
    loads += 1;
    return fake;
  });
  const first = transport.streamAudio(question, never)[Symbol.asyncIterator]().next();
  const call = await fake.call(0);
  call.emit({ type: "end" });
  expect(await first).toEqual({ done: false, value: { type: "end" } });
  expect(loads).toBe(1);
});

test("throws what loading threw, and tries again with the next call", async () => {
  let online = false;
  const fake = createFakeTransport();
  await using transport = createLazyTransport(async () => {
    if (!online) throw new PipitError("SERVER_UNREACHABLE", "Away.");
    return fake;
  });
  const ask = () => transport.streamAudio(question, never)[Symbol.asyncIterator]().next();
  await expect(ask()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  online = true;
  const answer = ask();
  (await fake.call(0)).emit({ type: "text", text: "back" });
  expect(await answer).toMatchObject({ value: { text: "back" } });
});

test("lets go of a caller who no longer waits", async () => {
  const transport = createLazyTransport(() => new Promise(() => undefined));
  const abort = new AbortController();
  const asking = transport.interruptSession("h", abort.signal);
  abort.abort();
  await expect(asking).rejects.toMatchObject({ code: "CANCELLED" });
});
