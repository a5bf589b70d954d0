import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LEAVE } from "#contract/processes/leave-message.ts";
import { openParentChannel } from "./parent-channel.ts";

/** What Electron puts on `process` in a utility process. */
class Port extends EventEmitter {
  readonly sent: unknown[] = [];
  postMessage(message: unknown): void {
    this.sent.push(message);
  }
}

let port: Port;
beforeEach(() => {
  port = new Port();
  Object.defineProperty(process, "parentPort", { value: port, configurable: true });
});
afterEach(() => {
  Reflect.deleteProperty(process, "parentPort");
});

test("in a utility process, messages come as the data of an event", () => {
  const channel = openParentChannel();
  const heard: unknown[] = [];
  channel.onMessage((message) => heard.push(message));
  channel.send({ a: 1 });
  port.emit("message", { data: { b: 2 }, ports: [] });
  expect([port.sent, heard]).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  channel.close();
});

test("a parent that lets go is no message, and our own goodbye is said once", () => {
  const channel = openParentChannel();
  const heard: unknown[] = [];
  channel.onMessage((message) => heard.push(message));
  channel.onClosed(() => heard.push("closed"));
  port.emit("message", { data: LEAVE, ports: [] });
  expect(heard).toEqual(["closed"]);
  channel.close();
  expect(port.sent).toEqual([LEAVE]);
});
