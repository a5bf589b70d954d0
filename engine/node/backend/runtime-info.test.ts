import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isServerOfHome, parseRuntimeInfo } from "./runtime-info.ts";
import { createSignOutMarker } from "../keychain/sign-out-marker.ts";
import { makeTempHome } from "../testing/temp-home.ts";

const info = { pid: 1, httpUrl: "http://127.0.0.1:8787", grpcUrl: "127.0.0.1:50051", version: "1.0.0" };

test("parses what a server says of itself, and nothing else", () => {
  expect(parseRuntimeInfo(JSON.stringify({ ...info, setAside: "/x" }))).toEqual({ ...info, setAside: "/x" });
  expect(parseRuntimeInfo("{")).toBeUndefined();
  expect(parseRuntimeInfo(JSON.stringify({ ...info, pid: "1" }))).toBeUndefined();
});

test("knows the server of this home by the address in its runtime file", async () => {
  await using home = await makeTempHome();
  expect(isServerOfHome(home.path, info.httpUrl)).toBe(false);
  await mkdir(join(home.path, "server"));
  await writeFile(join(home.path, "server", "runtime.json"), JSON.stringify(info));
  expect(isServerOfHome(home.path, "http://127.0.0.1:8787/")).toBe(true);
  expect(isServerOfHome(home.path, "http://127.0.0.1:8788")).toBe(false);
});

test("remembers a sign-out until the next sign-in", async () => {
  await using home = await makeTempHome();
  const marker = createSignOutMarker(join(home.path, "new"));
  expect(await marker.isSet()).toBe(false);
  await marker.set();
  expect(await createSignOutMarker(join(home.path, "new")).isSet()).toBe(true);
  await marker.clear();
  await marker.clear();
  expect(await marker.isSet()).toBe(false);
});
