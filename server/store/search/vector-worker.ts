import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import type { VectorJob } from "./postgres-turn-index.ts";
import { stemsOf } from "./search-text.ts";
import { vectorOf } from "./word-vector.ts";

serveJobs(createWork());

function createWork(): (job: VectorJob) => string {
  let pieces: string[] = [];
  return (job) => {
    if (job === "vector") return vectorOf(stemsOf(`${pieces[0] ?? ""} ${pieces.slice(1).join("")}`));
    if (job.isFirst === true) pieces = [];
    pieces.push(job.text);
    return "";
  };
}
