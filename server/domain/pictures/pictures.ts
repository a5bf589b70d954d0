import { IMAGE_MAX_SIDE_PX } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { JobError, JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobProcess } from "#server/domain/jobs/job-runner.ts";
import { stoppedAnswering } from "../server-stopping.ts";
import type { Picture } from "#server/domain/chats/ports.ts";
import type { Scaled } from "./scale-picture.ts";

const FIELD = "screenshot";
/** Two seconds are the slowest picture within the bounds on a slow machine. */
const LIMIT_MS = 10_000;
/** The process holds about 60 MB. */
const IDLE_MS = 60_000;
const CURE = `Send a smaller picture: ${IMAGE_MAX_SIDE_PX} px on the longest side is enough.`;

/**
 * Makes pictures ready for a model, one at a time, in a process of its own that the first picture starts. Accounts take
 * turns. Make one per server and share it.
 */
export class Pictures implements AsyncDisposable {
  readonly #jobs = new JobQueue<Uint8Array, Scaled>({
    name: "the picture",
    start: () => startJobProcess("picture-process", import.meta.url),
    limitMs: LIMIT_MS,
    idleMs: IDLE_MS,
  });

  /** Process id of the decoder while it runs. */
  get pid(): number | undefined {
    return this.#jobs.id;
  }

  /** Pictures that wait for the one that is made ready. */
  get waiting(): number {
    return this.#jobs.waiting;
  }

  /**
   * The picture as JPEG, longest side at most 1568 px, without metadata.
   *
   * @param bytes JPEG, PNG or WebP by its first bytes
   * @param userId whose picture it is
   * @throws PipitError SCREENSHOT_INVALID for a broken or cut-off file, SCREENSHOT_TOO_LARGE for one that takes too much
   *   memory or time; the signal's reason on abort
   */
  async scale(bytes: Uint8Array, userId: string, signal: AbortSignal): Promise<Picture> {
    const scaled = await this.#jobs.run(bytes, signal, userId).catch((error: unknown) => {
      throw toPipitError(error);
    });
    if ("jpeg" in scaled) return scaled;
    const { width, height, interlaced } = scaled.tooLarge;
    const how = interlaced ? "interlaced with that many pixels" : "too many pixels";
    throw tooLarge(`The screenshot is ${width} x ${height} pixels, which is ${how}. ${CURE}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]();
  }
}

function toPipitError(error: unknown): unknown {
  if (!(error instanceof JobError)) return error;
  switch (error.kind) {
    case "closed":
      return stoppedAnswering();
    case "too-long":
      return tooLarge(`The screenshot cannot be read within ${LIMIT_MS / 1000} s. ${CURE}`, error);
    case "not-started":
      return PipitError.from(error);
    // A decoder that dies has met a picture that it cannot take, mostly for want of memory.
    case "died":
      return tooLarge(`The screenshot cannot be read. ${CURE}`, error);
    case "refused":
      return new PipitError(
        "SCREENSHOT_INVALID",
        "The screenshot is damaged or cut off. Send a JPEG, PNG or WebP picture of at most 8 MiB as standard base64, or leave the field empty.",
        { field: FIELD, cause: error },
      );
  }
}

function tooLarge(message: string, cause?: unknown): PipitError {
  return new PipitError("SCREENSHOT_TOO_LARGE", message, { field: FIELD, cause });
}
