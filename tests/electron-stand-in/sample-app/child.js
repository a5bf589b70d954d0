import { fork, spawn } from "node:child_process";

/** What happens to who starts the app's own binary as Node. */
function startOwnBinary() {
  return [() => fork("none.js"), () => spawn(process.execPath, ["none.js"])].map((start) => {
    try {
      start().kill();
      return "started";
    } catch (error) {
      return error.message;
    }
  });
}

process.parentPort.on("message", ({ data }) => {
  if (data === "start own binary") return process.parentPort.postMessage(startOwnBinary());
  if (data instanceof Uint8Array)
    return process.parentPort.postMessage(new TextDecoder().decode(data.buffer));
  if (data !== "exit") return process.parentPort.postMessage({ echo: data, type: process.type });
  process.exitCode = 3;
  clearInterval(life);
});
console.log("child is up");
const life = setInterval(() => undefined, 1_000_000);
