// Runs alone in a child process. The sound card calls back into this JavaScript thread, so whatever else ran here would
// be heard as gaps; and the native part crashes in worker threads.
import { constants, setPriority } from "node:os";
import { createAudioOutput } from "@echogarden/audio-io";
import { CHANNELS, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { createPlaybackSession, type PlaybackCommand } from "#engine/audio/playback-session.ts";
import { openParentChannel } from "../processes/parent-channel.ts";
import type { SpeakerReport } from "./speaker-child.ts";

/** The sound system's buffer; sound in it can no longer be stopped. */
const DEVICE_BUFFER_MS = 50;
/** After this much silence the last sound has left the device and the mixer behind it. */
const HEARD_AFTER_SAMPLES = (SAMPLE_RATE_HZ * (DEVICE_BUFFER_MS + 50)) / 1000;

const parent = openParentChannel();
const session = createPlaybackSession({
  heardAfterSamples: HEARD_AFTER_SAMPLES,
  // The device stays open for as long as this process, which serves one speaker.
  idleAfterSamples: Number.POSITIVE_INFINITY,
  report,
});

function report(message: SpeakerReport): void {
  parent.send(message);
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
  report({ type: "opening" });
  try {
    const output = await createAudioOutput(
      { sampleRate: SAMPLE_RATE_HZ, channelCount: CHANNELS, bufferDuration: DEVICE_BUFFER_MS },
      (buffer) => session.fill(buffer),
    );
    parent.onMessage((command) => session.command(command as PlaybackCommand));
    // The channel closes when the parent disposes the speaker, and when the parent dies.
    parent.onClosed(() => void output.dispose().finally(() => parent.close()));
    report({ type: "ready" });
  } catch (error) {
    report({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
    parent.close();
  }
}

await main();
