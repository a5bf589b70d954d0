import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSay, parseSayVoices } from "./say.ts";

const list = `Albert              en_US    # Hello! My name is Albert.
Eddy (German (Germany)) de_DE    # Hallo! Ich heiße Eddy.
Milena              ru_RU    # Здравствуйте! Меня зовут Milena.
Samantha            en_US    # Hello! My name is Samantha.
`;
const { signal } = new AbortController();
let folder = "";

/** A program with the documented interface of macOS's `say` (man page): it keeps what it was given and writes a WAVE file. */
async function installSay(fail = false): Promise<string> {
  const command = join(folder, "say");
  const wav = Buffer.alloc(44 + 2000, 1);
  wav.write("RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0", 0, "latin1");
  wav.writeUInt32LE(22_050, 24);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(2000, 40);
  await writeFile(join(folder, "sound.wav"), wav);
  await writeFile(join(folder, "voices.txt"), list);
  const script = [
    "#!/bin/sh",
    `if [ "$2" = "?" ]; then cat "${folder}/voices.txt"; exit 0; fi`,
    `echo "$@" > "${folder}/args.txt"; cat > "${folder}/text.txt"`,
    fail
      ? "exit 1"
      : `for a in "$@"; do case "$a" in *sentence.wav) cp "${folder}/sound.wav" "$a";; esac; done`,
  ];
  await writeFile(command, script.join("\n"));
  await chmod(command, 0o755);
  return command;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-say-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("createSay", () => {
  test("reads the list of voices, also those with spaces and brackets in their names", () => {
    expect(parseSayVoices(list)).toEqual([
      { name: "Albert", language: "en" },
      { name: "Eddy (German (Germany))", language: "de" },
      { name: "Milena", language: "ru" },
      { name: "Samantha", language: "en" },
    ]);
  });

  test("speaks through a file, takes a natural voice, and gives the text on standard input without commands", async () => {
    const command = await installSay();
    await using provider = createSay(command, folder);
    expect(await provider.supports("ru", signal)).toBe(true);
    expect(await provider.supports("fr", signal)).toBe(false);
    const request = { text: "[[volm 0]] -o /etc/x Hi.", language: "en" };
    const [piece] = await Array.fromAsync(provider.synthesize(request, signal));
    expect(piece).toMatchObject({ sampleRateHz: 22_050, pcm: { length: 2000 } });
    const args = await readFile(join(folder, "args.txt"), "utf8");
    expect(args).toContain("-v Samantha --file-format=WAVE --data-format=LEI16@22050 -o");
    expect(args).not.toContain("Hi.");
    expect(await readFile(join(folder, "text.txt"), "utf8")).toBe("volm 0 -o /etc/x Hi.");
    expect((await readdir(folder)).filter((name) => name.startsWith("pipit-say-"))).toEqual([]);
    expect(await provider.check(signal)).toMatchObject({ works: true });
  });

  test("a failure leaves no file behind; no `say` means no language", async () => {
    await using failing = createSay(await installSay(true), folder);
    await expect(Array.fromAsync(failing.synthesize({ text: "Hi", language: "ru" }, signal))).rejects.toThrow(
      "ended",
    );
    expect((await readdir(folder)).filter((name) => name.startsWith("pipit-say-"))).toEqual([]);
    await using missing = createSay("/no/such/say", folder);
    expect(await missing.supports("en", signal)).toBe(false);
    expect(await missing.check(signal)).toMatchObject({ works: false });
  });
});
