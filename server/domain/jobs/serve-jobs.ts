import { parentPort } from "node:worker_threads";
import { utilityPort } from "#contract/processes/utility-port.ts";

/** What a job's program answers: once "ready", then one per job. */
export type JobReply<Result> = { readonly result: Result } | { readonly error: string };
export const READY = "ready";

/** 24.8 days: the longest that a timer can be set to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The whole life of a job's program, in a thread or a process: one job per message, one reply each. Nothing but the
 * channel to the server keeps it alive, so it ends with the server.
 */
export function serveJobs<Job, Result>(work: (job: Job) => Result | Promise<Result>): void {
  const { post, onMessage } = openChannel();
  onMessage((job) => void replyTo(job as Job, work).then(post));
  post(READY);
}

/** To the server: from a thread, a utility process of the desktop app, or a child process. */
function openChannel() {
  const port = parentPort;
  if (port !== null) {
    return {
      post: (message: unknown) => port.postMessage(message),
      onMessage: (listener: (job: unknown) => void) => void port.on("message", listener),
    };
  }
  const utility = utilityPort();
  if (utility !== undefined) {
    // Electron does not say whether its port keeps a process; the app ends it.
    setInterval(() => undefined, LONGEST_TIMER_MS);
    return utility;
  }
  return {
    // A server that has gone hears no more, and that is the end of this process too.
    post: (message: unknown) => void process.send?.(message, undefined, undefined, () => {}),
    onMessage: (listener: (job: unknown) => void) => void process.on("message", listener),
  };
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
