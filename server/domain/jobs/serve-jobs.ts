import { parentPort } from "node:worker_threads";

/** What a job's program answers: once "ready", then one per job. */
export type JobReply<Result> = { readonly result: Result } | { readonly error: string };
export const READY = "ready";

/**
 * The whole life of a job's program, in a thread or a process: one job per message, one reply each. Nothing but the
 * channel to the server keeps it alive, so it ends with the server.
 */
export function serveJobs<Job, Result>(work: (job: Job) => Result | Promise<Result>): void {
  const port = parentPort;
  const post = (message: unknown): void => {
    if (port !== null) port.postMessage(message);
    // A server that has gone hears no more, and that is the end of this process too.
    else process.send?.(message, undefined, undefined, () => {});
  };
  const onJob = (job: Job): void => {
    void replyTo(job, work).then(post);
  };
  if (port !== null) port.on("message", onJob);
  else process.on("message", (message) => onJob(message as Job));
  post(READY);
}

async function replyTo<Job, Result>(
  job: Job,
  work: (job: Job) => Result | Promise<Result>,
): Promise<JobReply<Result>> {
  try {
    return { result: await work(job) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
