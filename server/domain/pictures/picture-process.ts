/**
 * The program that decodes pictures: what a picture does to libvips (memory, time, a fault of a decoder) stays in this
 * process. One thread and no cache, because pictures come one at a time and never twice.
 */
import { constants, getPriority, setPriority } from "node:os";
import sharp from "sharp";
import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import { scalePicture } from "./scale-picture.ts";

// Where there are few cores, a sign-in and the answers of others go first.
giveWay();
sharp.concurrency(1);
sharp.cache(false);
serveJobs(scalePicture);

function giveWay(): void {
  const { PRIORITY_BELOW_NORMAL } = constants.priority;
  // Only the administrator may raise the priority that a process was started with.
  if (getPriority() >= PRIORITY_BELOW_NORMAL) return;
  try {
    setPriority(PRIORITY_BELOW_NORMAL);
  } catch {
    // Where the system forbids it, pictures are decoded all the same.
  }
}
