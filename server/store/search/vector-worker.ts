import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import type { VectorJob } from "./postgres-turn-index.ts";
import { stemsOf } from "./search-text.ts";
import { vectorOf } from "./word-vector.ts";

serveJobs(createWork());

function createWork(): (job: VectorJob) => string {
  let pieces: string[] = [];
  return (job) => {
    if ("number" in job && job.number === 0) pieces = [];
    // The thread was replaced meanwhile.
    if (pieces.length !== ("number" in job ? job.number : job.pieces)) throw new Error("Pieces were lost.");
    if ("pieces" in job) return vectorOf(stemsOf(`${pieces[0] ?? ""} ${pieces.slice(1).join("")}`));
    pieces.push(job.text);
    return "";
  };
}
