import { EventEmitter } from "node:events";
import { flushCompileCache } from "node:module";
import { isMainThread } from "node:worker_threads";
import { forbidRunAsNode } from "./no-run-as-node.ts";
import { packMessage, unpackMessage } from "./whole-clone.ts";

/** `process.parentPort` inside a utility process (loaded there by --import, and into its worker threads). */
class ParentPort extends EventEmitter {
  postMessage(message: unknown): void {
    process.send?.(packMessage(message));
  }
  start(): void {}
}

forbidRunAsNode();
if (isMainThread) {
  const port = new ParentPort();
  process.on("message", (packed: Uint8Array) => {
    port.emit("message", { data: unpackMessage(packed), ports: [] });
  });
  // A utility process never outlives main.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  // Listening must not keep the process alive, as Electron's port does not.
  (process as { channel?: { unref(): void } }).channel?.unref();
  Object.defineProperty(process, "parentPort", { value: port, enumerable: true });
  Object.defineProperty(process, "type", { value: "utility", enumerable: true });
  // Main ends it by a signal, which would lose what Node has compiled.
  flushCompileCache();
}
