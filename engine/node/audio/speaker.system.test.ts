import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { AUDIO_PIECE_BYTES } from "#contract/audio-format.ts";
import type { Speaker } from "#engine/ports.ts";
import { limitMs } from "#tests/testing/test-size.ts";
import { openSpeaker } from "./speaker.ts";
import type { ChildLauncher, HelperProcess } from "../processes/child-launcher.ts";
import { nodeChildLauncher } from "../processes/node-child-launcher.ts";
import { environmentWithout, requireVariable } from "../testing/config.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { measureTone, recordSink, sine } from "../testing/sink-recorder.ts";
import { makeTempHome } from "../testing/temp-home.ts";

const logger = createFakeLogger();

beforeAll(() => {
  requireVariable("PULSE_SERVER");
});

async function play(speaker: Speaker, pcm: Uint8Array): Promise<void> {
  for (let at = 0; at < pcm.byteLength; at += AUDIO_PIECE_BYTES)
    await speaker.write(pcm.subarray(at, at + AUDIO_PIECE_BYTES));
}

describe("the speaker", () => {
  // Whether it is without a gap depends on who else wants the processor: bench/playback.ts counts them, on a quiet machine.
  test("plays what is written: the right tone, its whole length", async ({ signal }) => {
    await using recorder = await recordSink(signal);
    await using speaker = await openSpeaker({ logger });
    await play(speaker, sine(440, 3_000));
    await speaker.drain(signal);
    await recorder.untilQuiet(signal);
    const tone = measureTone(recorder.samples());
    expect(tone.soundMs).toBeGreaterThan(2_990);
    expect(tone.soundMs).toBeLessThan(3_020);
    expect(Math.abs(tone.frequencyHz - 440)).toBeLessThan(1);
    expect(tone.peak).toBeGreaterThan(11_900);
  });

  test("plays a tone shorter than its buffer, once it is drained", async ({ signal }) => {
    await using recorder = await recordSink(signal);
    await using speaker = await openSpeaker({ logger });
    await speaker.write(sine(500, 60));
    await speaker.drain(signal);
    await recorder.untilQuiet(signal);
    expect(Math.abs(measureTone(recorder.samples()).soundMs - 60)).toBeLessThan(5);
  });

  test("is silent within 120 ms of a stop, and plays again after it", async ({ signal }) => {
    await using recorder = await recordSink(signal);
    await using speaker = await openSpeaker({ logger });
    await speaker.write(sine(440, 1_500));
    await recorder.until((samples) => samples.some((sample) => Math.abs(sample) > 1_000), signal);
    const stoppedAtMs = performance.now();
    await speaker.stop();
    await recorder.until(() => performance.now() - (recorder.lastLoudAtMs() ?? 0) > 150, signal);
    expect((recorder.lastLoudAtMs() ?? 0) - stoppedAtMs).toBeLessThanOrEqual(limitMs(1_000, 120));
    const before = recorder.samples().length;
    await speaker.write(sine(880, 900));
    await speaker.drain(signal);
    await recorder.untilQuiet(signal);
    const again = measureTone(recorder.samples().subarray(before));
    expect(Math.abs(again.frequencyHz - 880)).toBeLessThan(5);
  });

  test("plays at its volume", async ({ signal }) => {
    await using recorder = await recordSink(signal);
    await using speaker = await openSpeaker({ logger });
    speaker.setVolume(0.25);
    await play(speaker, sine(440, 300));
    await speaker.drain(signal);
    await recorder.untilQuiet(signal);
    const { peak } = measureTone(recorder.samples());
    expect(Math.abs(peak - 3_000)).toBeLessThan(60);
  });

  test("makes a fast writer wait, and a stop frees it", async ({ signal }) => {
    await using speaker = await openSpeaker({ logger });
    const startedMs = performance.now();
    // 2 s fit into the queue; the rest has to be played first.
    await play(speaker, sine(440, 2_500));
    expect(performance.now() - startedMs).toBeGreaterThan(400);
    const stuck = play(speaker, sine(440, 60_000));
    await speaker.stop();
    await speaker.stop();
    const rest = stuck.then(() => "done");
    // Each piece is a write of its own, so the writer goes on after the stop, into an empty queue.
    await speaker[Symbol.asyncDispose]();
    expect(await rest).toBe("done");
    expect(signal.aborted).toBe(false);
  });

  test("ends a drain that is aborted", async () => {
    await using speaker = await openSpeaker({ logger });
    await speaker.write(sine(440, 1_000));
    const abort = new AbortController();
    const draining = speaker.drain(abort.signal);
    abort.abort();
    await expect(draining).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(speaker.drain(abort.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("without sound", () => {
  test("opening is NO_SOUND_DEVICE as soon as the sound system says so, and says nothing to the terminal", async () => {
    const environment = { ...environmentWithout("ALSA_CONFIG_PATH"), PULSE_SERVER: "unix:/nonexistent" };
    await expect(openSpeaker({ logger, child: { environment } })).rejects.toMatchObject({
      code: "NO_SOUND_DEVICE",
      detail: expect.not.stringContaining("not ready within"),
    });
  });

  test("a sound system that hangs is given up on", async () => {
    await using home = await makeTempHome();
    const program = join(home.path, "hangs.mjs");
    await writeFile(program, 'process.send({ type: "opening" }, () => { for (;;); });');
    await expect(openSpeaker({ logger, child: { program, readyTimeoutMs: 300 } })).rejects.toMatchObject({
      code: "NO_SOUND_DEVICE",
      detail: expect.stringContaining("300 ms"),
    });
  });
});

test("a program that a busy machine is slow to start is waited for", async () => {
  await using home = await makeTempHome();
  const program = join(home.path, "slow.mjs");
  const plays =
    'process.on("message", () => {}); process.send({ type: "opening" }); process.send({ type: "ready" });';
  await writeFile(program, `setTimeout(() => { ${plays} }, 600);`);
  const log = createFakeLogger();
  await using speaker = await openSpeaker({ logger: log, child: { program, readyTimeoutMs: 300 } });
  await speaker.write(new Uint8Array(2));
  expect(log.lines).toEqual([]);
});

describe("a crash of the sound process", () => {
  const crashing = `
    process.send({ type: "ready" });
    process.on("message", () => process.kill(process.pid, "SIGSEGV"));`;

  test("ends the waits, is repaired by the next write, and at last announced once", async ({ signal }) => {
    await using home = await makeTempHome();
    const program = join(home.path, "crashes.mjs");
    await writeFile(program, crashing);
    const log = createFakeLogger();
    await using speaker = await openSpeaker({ logger: log, child: { program } });
    const crashes = () => log.lines.filter((line) => line.event === "speaker.crashed").length;
    for (let count = 1; count <= 3; count += 1) {
      await speaker.write(new Uint8Array(4096));
      await speaker.drain(signal);
      await expect.poll(crashes).toBe(count);
    }
    await expect(speaker.write(new Uint8Array(4096))).rejects.toMatchObject({ code: "NO_SOUND_DEVICE" });
    await speaker.write(new Uint8Array(4096));
    await speaker.drain(signal);
    await speaker.stop();
    expect(log.lines.filter((line) => line.event === "speaker.disabled")).toHaveLength(1);
  });

  test("that is being repaired leaves no process behind when the speaker is disposed of", async () => {
    await using home = await makeTempHome();
    const program = join(home.path, "crashes.mjs");
    await writeFile(program, crashing);
    const log = createFakeLogger();
    const helpers: HelperProcess[] = [];
    const launcher: ChildLauncher = {
      ...nodeChildLauncher,
      startHelper(options) {
        const helper = nodeChildLauncher.startHelper(options);
        helpers.push(helper);
        return helper;
      },
    };
    const speaker = await openSpeaker({ logger: log, child: { program, launcher } });
    await speaker.write(new Uint8Array(2));
    await expect.poll(() => log.lines.map(({ event }) => event)).toEqual(["speaker.crashed"]);
    await writeFile(program, 'process.send({ type: "opening" }); setInterval(() => {}, 1_000);');
    const writing = speaker.write(new Uint8Array(2));
    expect(helpers).toHaveLength(2);
    await speaker[Symbol.asyncDispose]();
    await writing;
    expect(await helpers[1]?.ended).toBe("SIGKILL");
    expect(log.lines.map(({ event }) => event)).toEqual(["speaker.crashed"]);
  });

  test("that cannot be repaired is announced once", async () => {
    await using home = await makeTempHome();
    const program = join(home.path, "crashes.mjs");
    await writeFile(program, crashing);
    const log = createFakeLogger();
    await using speaker = await openSpeaker({ logger: log, child: { program } });
    await speaker.write(new Uint8Array(2));
    await expect.poll(() => log.lines.length).toBe(1);
    await writeFile(program, "process.send({ type: 'failed', reason: 'unplugged' });");
    await expect(speaker.write(new Uint8Array(2))).rejects.toMatchObject({
      code: "NO_SOUND_DEVICE",
      detail: "unplugged",
    });
    await speaker.write(new Uint8Array(2));
  });
});

test("the sound process dies with its parent, however that ends", async () => {
  await using home = await makeTempHome();
  const program = join(home.path, "parent.mjs");
  await writeFile(
    program,
    `import { openSpeaker } from ${JSON.stringify(new URL("speaker.ts", import.meta.url).href)};
     import { readFileSync, readdirSync } from "node:fs";
     const nothing = () => undefined;
     await openSpeaker({ logger: { debug: nothing, info: nothing, warn: nothing, error: nothing } });
     const children = readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim();
     process.send(children);`,
  );
  const parent = fork(program, [], { execArgv: [] });
  const [pid] = (await once(parent, "message")) as [string];
  expect(pid).toMatch(/^\d+$/u);
  parent.kill("SIGKILL");
  // A process that was killed may stay as a zombie until its new parent looks; it no longer runs then.
  const state = () =>
    readFile(`/proc/${pid}/stat`, "utf8").then(
      (text) => text.split(") ")[1]?.[0],
      () => "gone",
    );
  await expect.poll(state, { timeout: 30_000 }).toMatch(/^(?:gone|Z|X)$/u);
});
