process.parentPort.on("message", ({ data }) => {
  if (data !== "exit") return process.parentPort.postMessage({ echo: data, type: process.type });
  process.exitCode = 3;
  clearInterval(life);
});
console.log("child is up");
const life = setInterval(() => undefined, 1_000_000);
