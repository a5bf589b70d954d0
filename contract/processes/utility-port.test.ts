import { EventEmitter } from "node:events";
import { afterEach, expect, test } from "vitest";
import { utilityPort } from "./utility-port.ts";

const program = process as { parentPort?: unknown };
afterEach(() => void delete program.parentPort);

test("what a utility process says brings nothing of its memory along, and what it hears can be ended", () => {
  const sent: Uint8Array[] = [];
  const port = Object.assign(new EventEmitter(), {
    postMessage: (bytes: Uint8Array) => void sent.push(bytes),
  });
  program.parentPort = port;
  const own = utilityPort();
  own?.post(new TextEncoder().encode("public secret").subarray(0, 6));
  expect(sent.map(({ byteLength, buffer }) => [byteLength, buffer.byteLength])).toEqual([[6, 6]]);
  const heard: unknown[] = [];
  const end = own?.onMessage((message) => heard.push(message));
  port.emit("message", { data: "one" });
  end?.();
  port.emit("message", { data: "two" });
  expect(heard).toEqual(["one"]);
});

test("elsewhere there is no such port", () => {
  expect(utilityPort()).toBeUndefined();
});
