import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import type { PlaybackCommand, PlaybackReport } from "./playback-session.ts";

/** `write` waits while more than this is queued: enough for any hiccup of the network, little enough to forget. */
const HIGH_WATERMARK_SAMPLES = 2 * SAMPLE_RATE_HZ;

/** The side that decides, away from the sound card: says what the playing side is to do and hears how far it is. */
export class PlaybackControl {
  readonly #send: (command: PlaybackCommand) => void;
  readonly #requests = new Map<number, () => void>();
  #roomWaiters: (() => void)[] = [];
  #sentSamples = 0;
  #consumedSamples = 0;
  #lastId = 0;

  constructor(send: (command: PlaybackCommand) => void) {
    this.#send = send;
  }

  /** Whether all that was written has been played or dropped. */
  get isDry(): boolean {
    return this.#sentSamples === this.#consumedSamples;
  }

  /** Queues a piece of 48 kHz mono s16le; resolves when there is room for more. */
  async write(pcm: Uint8Array): Promise<void> {
    const samples = toSamples(pcm);
    this.#sentSamples += samples.length;
    this.#send({ type: "write", samples });
    if (!this.#hasRoom()) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Resolves when the queue has been emptied (`stop`), or all that was written has been heard (`drain`). */
  request(type: "stop" | "drain"): Promise<void> {
    if (type === "stop") this.#releaseRoom();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#requests.set(id, resolve);
      this.#send({ type, id });
    });
  }

  setVolume(volume: number): void {
    this.#send({ type: "volume", volume });
  }

  /** Takes what the playing side answers. */
  onReport(report: PlaybackReport): void {
    if (report.type === "done") {
      this.#requests.get(report.id)?.();
      this.#requests.delete(report.id);
      return;
    }
    this.#consumedSamples = report.totalSamples;
    if (this.#hasRoom()) this.#releaseRoom();
  }

  /** Nothing more will be played: those who wait for room or an end are told. */
  end(): void {
    this.#releaseRoom();
    for (const resolve of this.#requests.values()) resolve();
    this.#requests.clear();
  }

  #hasRoom(): boolean {
    return this.#sentSamples - this.#consumedSamples <= HIGH_WATERMARK_SAMPLES;
  }

  #releaseRoom(): void {
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }
}

/** Copies: the bytes may start at an odd address and go to another thread; all our machines are little-endian. */
function toSamples(pcm: Uint8Array): Int16Array<ArrayBuffer> {
  const bytes = pcm.byteLength - (pcm.byteLength % BYTES_PER_SAMPLE);
  return new Int16Array(new Uint8Array(pcm.subarray(0, bytes)).buffer);
}
