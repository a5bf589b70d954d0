import { EventEmitter } from "node:events";
import { flushCompileCache } from "node:module";

/** `process.parentPort` inside a utility process (loaded there by --import). */
class ParentPort extends EventEmitter {
  postMessage(message: unknown): void {
    process.send?.(message);
  }
  start(): void {}
}

const port = new ParentPort();
process.on("message", (data) => port.emit("message", { data, ports: [] }));
// A utility process never outlives main.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// Listening must not keep the process alive, as Electron's port does not.
(process as { channel?: { unref(): void } }).channel?.unref();
Object.defineProperty(process, "parentPort", { value: port, enumerable: true });
Object.defineProperty(process, "type", { value: "utility", enumerable: true });
// Main ends it by a signal, which would lose what Node has compiled.
flushCompileCache();
