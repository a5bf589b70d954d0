import { describe, expect, test } from "vitest";
import { commandOutput, commandText } from "./command.ts";
import { limitMs } from "#tests/testing/test-size.ts";

const node = process.execPath;
const { signal } = new AbortController();

describe("commandOutput", () => {
  test("gives the program its text on standard input", async () => {
    const args = ["-e", "process.stdin.pipe(process.stdout)"];
    expect(await commandText({ command: node, args, input: "-v привет" }, signal)).toBe("-v привет");
  });

  test("a program that is not there, or that fails, is a SpeechError with its own words", async () => {
    await expect(
      commandText({ command: "/no/such/voice", args: [], input: "" }, signal),
    ).rejects.toMatchObject({
      name: "SpeechError",
    });
    const args = ["-e", "console.error('no such voice'); process.exitCode = 3"];
    await expect(commandText({ command: node, args, input: "x".repeat(200_000) }, signal)).rejects.toThrow(
      /ended with 3\. no such voice/u,
    );
  });

  test.each(["abort", "leave"])("the process is gone at once after: %s", { retry: 2 }, async (way) => {
    const args = ["-e", "process.stdout.write(String(process.pid)); setInterval(() => {}, 1000)"];
    const controller = new AbortController();
    let pid = 0;
    const startMs = { stop: 0 };
    const reading = async (): Promise<void> => {
      for await (const chunk of commandOutput({ command: node, args, input: "" }, controller.signal)) {
        pid = Number(Buffer.from(chunk).toString());
        startMs.stop = performance.now();
        if (way === "leave") return;
        controller.abort(new Error("stop"));
      }
    };
    await (way === "leave" ? reading() : expect(reading()).rejects.toThrow("stop"));
    expect(performance.now() - startMs.stop).toBeLessThan(limitMs(10_000, 100));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("nothing is started after an abort", async () => {
    const call = { command: "/no/such/voice", args: [], input: "" };
    await expect(commandText(call, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  });
});
