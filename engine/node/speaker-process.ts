// Runs alone in a child process. The sound card calls back into this JavaScript thread, so whatever else ran here would
// be heard as gaps; and the native part crashes in worker threads.
import { constants, setPriority } from "node:os";
import { createAudioOutput } from "@echogarden/audio-io";
import { BYTES_PER_SAMPLE, CHANNELS, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { createPlaybackQueue } from "#engine/audio/playback-queue.ts";
import { openParentChannel } from "./parent-channel.ts";
import type { SpeakerCommand, SpeakerReport } from "./speaker-protocol.ts";

/** Of the sound system; what is in it can no longer be stopped. */
const DEVICE_BUFFER_MS = 50;
/** After this much silence the last sound has left the device and the mixer behind it. */
const HEARD_AFTER_SAMPLES = (SAMPLE_RATE_HZ * (DEVICE_BUFFER_MS + 50)) / 1000;
/** The parent hears about progress this often, not at every callback. */
const REPORT_EVERY_SAMPLES = (SAMPLE_RATE_HZ * 20) / 1000;

const queue = createPlaybackQueue();
let draining: number[] = [];
let reportedSamples = 0;

const parent = openParentChannel();

function report(message: SpeakerReport): void {
  parent.send(message);
}

function reportConsumed(): void {
  reportedSamples = queue.consumedSamples;
  report({ type: "consumed", totalBytes: reportedSamples * BYTES_PER_SAMPLE });
}

function onDeviceBuffer(output: Int16Array): void {
  queue.fill(output);
  const newlyConsumed = queue.consumedSamples - reportedSamples;
  if (newlyConsumed >= REPORT_EVERY_SAMPLES || (newlyConsumed > 0 && queue.queuedSamples === 0))
    reportConsumed();
  if (draining.length === 0 || queue.queuedSamples > 0 || queue.silentSamples < HEARD_AFTER_SAMPLES) return;
  for (const id of draining) report({ type: "done", id });
  draining = [];
}

function onCommand(command: SpeakerCommand): void {
  switch (command.type) {
    case "write":
      queue.push(toSamples(command.pcm));
      break;
    case "stop":
      queue.clear();
      reportConsumed();
      report({ type: "done", id: command.id });
      break;
    case "drain":
      queue.flush();
      draining.push(command.id);
      break;
    case "volume":
      queue.setVolume(command.volume);
      break;
  }
}

/** Copies: the bytes may start at an odd address, and little-endian is also this machine's order (x64, arm64). */
function toSamples(pcm: Uint8Array): Int16Array {
  const samples = Math.floor(pcm.byteLength / BYTES_PER_SAMPLE);
  const copy = new Uint8Array(samples * BYTES_PER_SAMPLE);
  copy.set(pcm.subarray(0, copy.byteLength));
  return new Int16Array(copy.buffer);
}

/** A busy machine must not be heard. Most systems allow it only to privileged users; without it we play all the same. */
function askForPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch {
    // Not allowed: as before.
  }
}

async function main(): Promise<void> {
  askForPriority();
  try {
    const output = await createAudioOutput(
      { sampleRate: SAMPLE_RATE_HZ, channelCount: CHANNELS, bufferDuration: DEVICE_BUFFER_MS },
      onDeviceBuffer,
    );
    parent.onMessage((command) => onCommand(command as SpeakerCommand));
    // The channel closes when the parent disposes the speaker, and when the parent dies.
    parent.onClosed(() => void output.dispose().finally(() => parent.close()));
    report({ type: "ready" });
  } catch (error) {
    report({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
    parent.close();
  }
}

await main();
