import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import type { VectorJob } from "./postgres-index-work.ts";
import { wordsOf } from "./word-vector.ts";

serveJobs(createWork());

function createWork(): (job: VectorJob) => readonly string[] {
  let pieces: string[] = [];
  return (job) => {
    if ("turns" in job) return job.turns.map(({ question, answer }) => wordsOf(question, answer));
    if ("number" in job && job.number === 0) pieces = [];
    // The thread was replaced meanwhile.
    if (pieces.length !== ("number" in job ? job.number : job.pieces)) throw new Error("Pieces were lost.");
    if ("pieces" in job) {
      const [question = "", ...answer] = pieces;
      return [wordsOf(question, answer.join(""))];
    }
    pieces.push(job.text);
    return [];
  };
}
