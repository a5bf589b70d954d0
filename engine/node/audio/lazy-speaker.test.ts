import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Speaker } from "#engine/ports.ts";
import { createLazySpeaker } from "./lazy-speaker.ts";

/** A speaker that writes down what it is told. */
function recordingSpeaker(log: string[]): Speaker {
  return {
    write: async (pcm) => void log.push(`write ${pcm.byteLength}`),
    drain: async () => void log.push("drain"),
    stop: async () => void log.push("stop"),
    setVolume: (volume) => void log.push(`volume ${volume}`),
    [Symbol.asyncDispose]: async () => void log.push("dispose"),
  };
}

const never = new AbortController().signal;

test("opens nothing before the first sound", async () => {
  const log: string[] = [];
  const speaker = createLazySpeaker(async () => recordingSpeaker(log), 1);
  speaker.setVolume(0.5);
  await speaker.stop();
  await speaker.drain(never);
  await speaker[Symbol.asyncDispose]();
  expect(log).toEqual([]);
});

test("opens once, with the volume of that moment, and passes everything on", async () => {
  const log: string[] = [];
  const speaker = createLazySpeaker(async () => {
    log.push("open");
    return recordingSpeaker(log);
  }, 1);
  speaker.setVolume(0.5);
  await Promise.all([speaker.write(new Uint8Array(2)), speaker.write(new Uint8Array(4))]);
  speaker.setVolume(0.25);
  await speaker.drain(never);
  await speaker.stop();
  await speaker[Symbol.asyncDispose]();
  expect(log).toEqual([
    "open",
    "volume 0.5",
    "write 2",
    "write 4",
    "volume 0.25",
    "drain",
    "stop",
    "dispose",
  ]);
});

test("says why it cannot be opened, and tries again with the next sound", async () => {
  const log: string[] = [];
  let device = false;
  const speaker = createLazySpeaker(async () => {
    if (!device) throw new PipitError("NO_SOUND_DEVICE", "No sound.");
    return recordingSpeaker(log);
  }, 1);
  await expect(speaker.write(new Uint8Array(2))).rejects.toMatchObject({ code: "NO_SOUND_DEVICE" });
  await speaker.stop();
  device = true;
  await speaker.write(new Uint8Array(2));
  expect(log).toEqual(["volume 1", "write 2"]);
});
