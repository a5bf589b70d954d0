import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeClock, settle } from "#engine/testing/fake-clock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createFakeSpeaker } from "#engine/testing/fake-speaker.ts";
import { createSpeechQueue } from "./speech-queue.ts";

const signal = new AbortController().signal;
const piece = (first: number) => Uint8Array.of(first, 0);

function setup() {
  const speaker = createFakeSpeaker();
  const logger = createFakeLogger();
  const failures: PipitError[] = [];
  const speaking: boolean[] = [];
  const queue = createSpeechQueue({
    speaker,
    logger,
    clock: createFakeClock(),
    onFailure: (error) => failures.push(error),
    onSpeaking: (now) => speaking.push(now),
  });
  return { speaker, logger, failures, speaking, queue };
}

test("plays in order and tells when all has been heard", async () => {
  const { speaker, queue } = setup();
  for (const first of [1, 2, 3]) queue.push(piece(first));
  await queue.spoken(signal);
  expect(speaker.heard).toEqual([1, 2, 3]);
});

test("stop drops what is queued, even behind a speaker that holds back; later pieces play", async () => {
  const { speaker, queue } = setup();
  speaker.hold(true);
  queue.push(piece(1));
  queue.push(piece(2));
  await settle();
  await queue.stop();
  speaker.hold(false);
  queue.push(piece(3));
  await queue.spoken(signal);
  expect(speaker.heard).toEqual([1, 3]);
  expect(speaker.stops).toBe(1);
});

test("a failure is told once and drops the rest", async () => {
  const { speaker, queue, failures } = setup();
  speaker.breakDown();
  queue.push(piece(1));
  queue.push(piece(2));
  await queue.spoken(signal);
  expect(failures.map((error) => error.code)).toEqual(["NO_SOUND_DEVICE"]);
});

test("an aborted wait for the end is CANCELLED; a speaker that cannot stop or drain is only logged", async () => {
  const { speaker, queue, logger } = setup();
  speaker.hold(true);
  queue.push(piece(1));
  const controller = new AbortController();
  const spoken = queue.spoken(controller.signal);
  controller.abort();
  await expect(spoken).rejects.toMatchObject({ code: "CANCELLED" });
  speaker.hold(false);
  speaker.stop = () => Promise.reject(new Error("gone"));
  speaker.drain = () => Promise.reject(new PipitError("NO_SOUND_DEVICE", "Gone."));
  await queue.stop();
  await queue.spoken(signal);
  expect(logger.lines.map((line) => line.event)).toEqual(["speech.stop_failed", "speech.drain_failed"]);
});

test("without a speaker nothing happens", async () => {
  const speaking: boolean[] = [];
  const queue = createSpeechQueue({
    speaker: undefined,
    logger: createFakeLogger(),
    clock: createFakeClock(),
    onFailure: () => {},
    onSpeaking: (now) => speaking.push(now),
  });
  queue.push(piece(1));
  await queue.stop();
  expect(await queue.spoken(signal)).toBeUndefined();
  expect(speaking).toEqual([]);
});

test("tells of a voice from the first piece until it is stopped or fails", async () => {
  const { speaker, speaking, queue } = setup();
  queue.push(piece(1));
  queue.push(piece(2));
  expect(speaking).toEqual([true]);
  await queue.stop();
  expect(speaking).toEqual([true, false]);
  speaker.write = () => Promise.reject(new PipitError("NO_SOUND_DEVICE", "Gone."));
  queue.push(piece(3));
  await settle();
  expect(speaking).toEqual([true, false, true, false]);
});
