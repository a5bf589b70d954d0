import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import type { VectorJob } from "./postgres-index-work.ts";
import { stemsOf } from "./search-text.ts";
import { MAX_ANSWER_BYTES, MAX_QUESTION_BYTES } from "./turn-index.ts";
import { vectorOf } from "./word-vector.ts";

serveJobs(createWork());

function createWork(): (job: VectorJob) => string {
  let pieces: string[] = [];
  return (job) => {
    if ("number" in job && job.number === 0) pieces = [];
    // The thread was replaced meanwhile.
    if (pieces.length !== ("number" in job ? job.number : job.pieces)) throw new Error("Pieces were lost.");
    if ("pieces" in job) {
      const [question = "", ...answer] = pieces;
      return vectorOf(stemsOf(question, MAX_QUESTION_BYTES), stemsOf(answer.join(""), MAX_ANSWER_BYTES));
    }
    pieces.push(job.text);
    return "";
  };
}
