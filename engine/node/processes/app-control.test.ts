import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensurePrivateFolder } from "../files/private-files.ts";
import { askApp, controlAddress } from "./app-control.ts";

let home: string;
let server: Server | undefined;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-control-"));
  await ensurePrivateFolder(join(home, "desktop"));
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(home, { recursive: true, force: true });
});

const ask = () => askApp(home, { command: "status" }, new AbortController().signal);

test("no app: says so and how to start it", async () => {
  await expect(ask()).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: expect.stringContaining("npm start"),
  });
});

test("an app that answers nonsense is told apart from none", async () => {
  server = createServer((socket) => socket.end("hello"));
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(controlAddress(home), () => resolve()));
  await expect(ask()).rejects.toMatchObject({ code: "INTERNAL" });
});

test("an abort ends the question as cancelled", async () => {
  const stop = new AbortController();
  // It has been connected to, and says nothing.
  server = createServer(() => stop.abort());
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(controlAddress(home), () => resolve()));
  const asked = askApp(home, { command: "toggle" }, stop.signal);
  await expect(asked).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a home with a long path has its socket elsewhere, two homes never share one", () => {
  const long = join("/", "x".repeat(120));
  expect(Buffer.byteLength(controlAddress(long))).toBeLessThan(104);
  expect(controlAddress(long)).not.toBe(controlAddress(`${long}y`));
  expect(controlAddress("/home/a/.pipit")).toBe("/home/a/.pipit/desktop/control.sock");
});
