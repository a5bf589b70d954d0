import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askApp, controlAddress, type ControlRequest } from "#engine/node/processes/app-control.ts";
import { ensurePrivateFolder } from "#engine/node/files/private-files.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { openControlSocket } from "./control-socket.ts";

const reply = { version: "1.2.3", visible: true, hotkey: { kind: "off" } } as const;
let home: string;
let asked: ControlRequest[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-control-"));
  await ensurePrivateFolder(join(home, "desktop"));
  asked = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = () =>
  openControlSocket(
    home,
    async (request) => {
      asked.push(request);
      return reply;
    },
    createFakeLogger(),
  );

test("answers what it is asked, on a socket that only its owner can open", async () => {
  await using socket = await open();
  expect(socket).toBeDefined();
  const { mode } = await stat(controlAddress(home));
  expect(mode & 0o777).toBe(0o600);
  expect(await askApp(home, { command: "toggle" }, new AbortController().signal)).toEqual(reply);
  expect(asked).toEqual([{ command: "toggle" }]);
});

test("a socket left by an app that was killed does not stand in the way", async () => {
  await writeFile(controlAddress(home), "");
  await using socket = await open();
  expect(socket).toBeDefined();
  expect(await askApp(home, { command: "status" }, new AbortController().signal)).toEqual(reply);
});

test.each(["", "{", '{"command":"quit"}', '{"command":"toggle","x":1}', "x".repeat(10_000)])(
  "gives no answer to %j",
  async (text) => {
    await using listening = await open();
    expect(listening).toBeDefined();
    const socket = createConnection(controlAddress(home));
    socket.on("error", () => undefined);
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.end(text);
    await once(socket, "close");
    expect([answer, asked]).toEqual(["", []]);
  },
);

test("a choice that takes the person longer than a caller may be silent still gets its answer", async () => {
  const answer = async () => {
    await sleep(700);
    return { ...reply, picture: { path: "/p.jpg" } };
  };
  await using socket = await openControlSocket(home, answer, createFakeLogger(), 500);
  expect(socket).toBeDefined();
  const chosen = await askApp(home, { command: "region" }, new AbortController().signal);
  expect(chosen).toMatchObject({ picture: { path: "/p.jpg" } });
});
