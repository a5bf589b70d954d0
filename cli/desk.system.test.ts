import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BYTES_PER_SECOND } from "#contract/audio-format.ts";
import { captureWindowBehind } from "#engine/node/screen/window-behind.ts";
import { requireVariable } from "#engine/node/testing/config.ts";
import { recordSink } from "#engine/node/testing/sink-recorder.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { openX11Program } from "#tests/doubles/x11-program.ts";
import { createCliHome, jsonLines, type CliHome } from "#tests/integration/cli-process.ts";

/** Samples louder than this are speech, not dither. */
const LOUD = 1000;

let pipit: CliHome;
beforeEach(async () => {
  pipit = await createCliHome({ DBUS_SESSION_BUS_ADDRESS: requireVariable("DBUS_SESSION_BUS_ADDRESS") });
});
afterEach(() => pipit[Symbol.asyncDispose]());

describe("on a desk with sound, keychain and screen", () => {
  test("an answer is heard, and the sign-in is in the keychain", async ({ signal }) => {
    await using recorder = await recordSink(signal);
    const { code, stdout, stderr } = await pipit.run(["chat", "--once", "what is 6*7?"]);
    await recorder.untilQuiet(signal);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.not.stringContaining("file readable only by you"),
    });
    expect(stdout).toContain("42");
    const loud = recorder.samples().filter((sample) => Math.abs(sample) > LOUD).length;
    // A quarter of a second of loud samples: a spoken sentence, not a click.
    expect(loud).toBeGreaterThan(12_000);
    await expect(readFile(join(pipit.home, "credentials"))).rejects.toThrow(/ENOENT/);
  });

  test("--audio-file records a valid WAV of what would have been heard", async () => {
    const file = join(pipit.home, "out.wav");
    const args = ["chat", "--once", "what is 6*7?", "--json", "--audio-file", file];
    const { code, stdout } = await pipit.run(args);
    expect(code).toBe(0);
    const announced = jsonLines(stdout).reduce(
      (sum, line) => sum + (line["type"] === "audio" ? Number(line["bytes"]) : 0),
      0,
    );
    const wav = await readFile(file);
    expect(wav.toString("latin1", 0, 4) + wav.toString("latin1", 8, 16)).toBe("RIFFWAVEfmt ");
    expect(wav.readUInt16LE(22)).toBe(1);
    expect(wav.readUInt32LE(24)).toBe(48_000);
    expect(wav.readUInt16LE(34)).toBe(16);
    expect(wav.readUInt32LE(40)).toBe(wav.byteLength - 44);
    expect(announced).toBe(wav.byteLength - 44);
    expect(announced).toBeGreaterThan(BYTES_PER_SECOND / 2);
  });

  test("--screenshot shows the screen to the model", async () => {
    await using model = await startOpenAiDouble(stream(say("A grey screen.")));
    const { code, stderr } = await pipit.run(
      ["chat", "--once", "what do you see?", "--no-audio", "--screenshot"],
      {
        env: { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0" },
      },
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const picture = model.requests[0]?.images[0] ?? new Uint8Array();
    // JPEG begins with FF D8 FF.
    expect(Buffer.from(picture).toString("hex", 0, 3)).toBe("ffd8ff");
  });

  test("--screenshot=window shows the window behind the terminal's, and says whose it is; there may be none", async ({
    signal,
  }) => {
    const display = requireVariable("DISPLAY");
    const x11 = { display: { x11: display, wayland: undefined } };
    // While the keyboard passes from one window to another, no window has it, and none can be behind that.
    const behind = () =>
      captureWindowBehind(x11, signal).then(
        (found) => found?.program,
        (reason: unknown) => reason,
      );
    const notes = await openX11Program(display, "Notes", "Plans");
    await using terminal = await openX11Program(display, "XTerm", "root");
    await expect.poll(async () => (await behind()) === "Notes", { timeout: 30_000 }).toBe(true);
    await using model = await startOpenAiDouble(stream(say("A window.")));
    const { code, stderr } = await pipit.run(
      ["chat", "--once", "what is this?", "--no-audio", "--screenshot=window"],
      { env: { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0" } },
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("the window of Notes goes"),
    });
    const picture = Buffer.from(model.requests[0]?.images[0] ?? []);
    expect(await sharp(picture).metadata()).toMatchObject({ format: "jpeg", width: 200, height: 100 });
    // Nothing was pressed in it.
    expect(terminal.controlKeys).toEqual([]);
    await notes[Symbol.asyncDispose]();
    await expect.poll(async () => (await behind()) === undefined, { timeout: 30_000 }).toBe(true);
  });

  test("the doctor finds every part", async () => {
    const { code, stdout } = await pipit.run(["doctor", "--json"]);
    const states = Object.fromEntries(jsonLines(stdout).map((check) => [check["part"], check["state"]]));
    expect(states).toEqual({
      server: "works",
      grpc: "works",
      "sign-in": "works",
      model: "limited",
      voice: "works",
      keychain: "works",
      "audio out": "works",
      screen: "works",
      hotkey: "limited",
    });
    expect(code).toBe(0);
  });
});

describe("without them", () => {
  const bare = {
    PULSE_SERVER: "unix:/nowhere",
    ALSA_CONFIG_PATH: "/dev/null",
    DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere",
    DISPLAY: "",
  };

  test("the answer comes as text, and each missing part is told", async () => {
    const { code, stdout, stderr } = await pipit.run(["chat", "--once", "what is 6*7?"], { env: bare });
    expect(code).toBe(0);
    expect(stdout).toContain("42");
    expect(stderr).toMatch(/No sound can be played/);
    expect(stderr).toMatch(/kept in a file readable only by you/);
  });

  test("a screenshot is refused by name, and nothing is sent", async () => {
    const { code, stderr } = await pipit.run(["chat", "--once", "look", "--screenshot"], { env: bare });
    expect(code).toBe(1);
    expect(stderr).toMatch(/There is no screen/);
  });
});
