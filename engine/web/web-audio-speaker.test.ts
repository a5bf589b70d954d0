import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  createPlaybackSession,
  type PlaybackCommand,
  type PlaybackSession,
} from "#engine/audio/playback-session.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { WebAudioSpeaker } from "./web-audio-speaker.ts";

/** A browser's sound, turned by hand: the real playing side behind a fake context. */
class FakeContext extends EventTarget {
  static made: FakeContext[] = [];
  static modules: string[] = [];
  static refuses: "construct" | "module" | "resume" | undefined;
  readonly destination = {};
  readonly audioWorklet = {
    addModule: async (url: string) => {
      if (FakeContext.refuses === "module") throw new Error("no module");
      FakeContext.modules.push(url);
    },
  };
  state = "suspended";
  session: PlaybackSession | undefined;

  constructor() {
    super();
    if (FakeContext.refuses === "construct") throw new Error("no device");
    FakeContext.made.push(this);
  }
  async resume() {
    if (FakeContext.refuses === "resume") await new Promise(() => undefined);
    this.state = "running";
  }
  async suspend() {
    this.state = "suspended";
  }
  async close() {
    this.state = "closed";
  }
  /** Plays for this long; gives what was heard. */
  async play(durationMs: number): Promise<Int16Array> {
    const heard = new Int16Array(48 * durationMs);
    for (let at = 0; at < heard.length && this.state === "running"; at += 480) {
      this.session?.fill(heard.subarray(at, at + 480));
      await Promise.resolve();
    }
    await new Promise((resolve) => setImmediate(resolve));
    return heard;
  }
}

class FakeNode extends EventTarget {
  readonly port: MessagePort;
  constructor(context: FakeContext) {
    super();
    const { port1, port2 } = new MessageChannel();
    const session = createPlaybackSession({
      report: (report) => port2.postMessage(report),
      heardAfterSamples: 4_800,
      idleAfterSamples: 96_000,
    });
    port2.addEventListener("message", (event: MessageEvent<PlaybackCommand>) => session.command(event.data));
    port2.start();
    context.session = session;
    this.port = port1 as unknown as MessagePort;
    ports.push(port1, port2);
  }
  connect() {}
}

let ports: { close(): void }[] = [];
const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const never = new AbortController().signal;
const tone = (durationMs: number) => new Uint8Array(new Int16Array(48 * durationMs).fill(1_000).buffer);
const open = (mayStart = true) =>
  new WebAudioSpeaker({ workletUrl: "/worklet.js", logger: createFakeLogger(), mayStart: () => mayStart });
const device = () => FakeContext.made.at(-1) as FakeContext;

beforeEach(() => {
  FakeContext.made = [];
  FakeContext.modules = [];
  FakeContext.refuses = undefined;
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("AudioWorkletNode", FakeNode);
});
afterEach(() => {
  for (const port of ports) port.close();
  ports = [];
  vi.unstubAllGlobals();
});

describe("the speaker of the page", () => {
  test("opens nothing before the first sound, and plays it whole", async () => {
    await using speaker = open();
    speaker.setVolume(0.5);
    await speaker.stop();
    await speaker.drain(never);
    expect(FakeContext.made).toEqual([]);
    await speaker.write(tone(500));
    await speaker.write(tone(500));
    await settle();
    expect(FakeContext.modules).toEqual(["/worklet.js"]);
    const heard = await device().play(1_500);
    expect(heard.filter((sample) => sample === 500)).toHaveLength(48_000);
  });

  test("takes two seconds at once, then waits until some is played", async () => {
    await using speaker = open();
    await speaker.write(tone(2_000));
    let third = false;
    const waiting = speaker.write(tone(500)).then(() => {
      third = true;
    });
    await settle();
    expect(third).toBe(false);
    await device().play(700);
    await waiting;
    expect(third).toBe(true);
  });

  test("drains when the last sound has left the device", async () => {
    await using speaker = open();
    await speaker.write(tone(60));
    let drained = false;
    const draining = speaker.drain(never).then(() => {
      drained = true;
    });
    await settle();
    await device().play(60);
    expect(drained).toBe(false);
    await device().play(200);
    await draining;
    expect(drained).toBe(true);
  });

  test("stops at once, lets go of whoever waits, and plays again after it", async () => {
    await using speaker = open();
    await speaker.write(tone(2_000));
    const waiting = speaker.write(tone(1_000));
    await settle();
    await device().play(300);
    await Promise.all([speaker.stop(), waiting]);
    const after = await device().play(200);
    expect(after.subarray(48 * 20).every((sample) => sample === 0)).toBe(true);
    await speaker.write(tone(300));
    await settle();
    expect((await device().play(400)).some((sample) => sample === 1_000)).toBe(true);
  });

  test("rests while nothing plays, and wakes with the next sound", async () => {
    await using speaker = open();
    await speaker.write(tone(300));
    await settle();
    await device().play(1_500);
    expect(device().state).toBe("running");
    await device().play(2_000);
    await settle();
    expect(device().state).toBe("suspended");
    await speaker.drain(never);
    await speaker.stop();
    await speaker.write(tone(300));
    await settle();
    expect(device().state).toBe("running");
    expect((await device().play(500)).filter((sample) => sample === 1_000)).toHaveLength(48 * 300);
    expect(FakeContext.made).toHaveLength(1);
  });

  test("drops sound before the person has touched the page", async () => {
    await using speaker = open(false);
    await speaker.write(tone(300));
    expect(FakeContext.made).toEqual([]);
  });

  test("an aborted drain ends with CANCELLED", async () => {
    await using speaker = open();
    await speaker.write(tone(300));
    await expect(speaker.drain(AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("a browser that cannot play", () => {
  test.each(["construct", "module"] as const)("is NO_SOUND_DEVICE (%s), and tried again", async (what) => {
    FakeContext.refuses = what;
    await using speaker = open();
    await expect(speaker.write(tone(10))).rejects.toMatchObject({ code: "NO_SOUND_DEVICE" });
    FakeContext.refuses = undefined;
    await speaker.write(tone(10));
    expect(device().state).toBe("running");
  });

  test("and never says so is given up on", async () => {
    FakeContext.refuses = "resume";
    await using speaker = open();
    vi.useFakeTimers();
    const refused = expect(speaker.write(tone(10))).rejects.toMatchObject({ code: "NO_SOUND_DEVICE" });
    await vi.advanceTimersByTimeAsync(3_100);
    vi.useRealTimers();
    await refused;
    expect(device().state).toBe("closed");
  });

  test("any more in the middle lets go of whoever waits", async () => {
    await using speaker = open();
    await speaker.write(tone(2_000));
    const waiting = [speaker.write(tone(500)), speaker.drain(never)];
    await settle();
    device().dispatchEvent(new Event("error"));
    await Promise.all(waiting);
    await speaker.write(tone(10));
    expect(FakeContext.made).toHaveLength(2);
  });
});
