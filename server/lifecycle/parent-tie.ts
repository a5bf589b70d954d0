import { isLeave, LEAVE } from "#contract/processes/leave-message.ts";
import { utilityPort } from "#contract/processes/utility-port.ts";

/** What ties an embedded server to the program that started it. */
export interface ParentTie {
  /** Calls back when the parent lets go of us or is gone. */
  onGone(listener: () => void): void;
  /** Lets go of the parent: all is done. */
  release(): void;
}

/**
 * The program that started us holds the other end of our standard input; when that ends, so does our reason to run. An
 * Electron utility process has no input: it is told by a message, and Electron ends it when the app is gone.
 */
export function openParentTie(): ParentTie {
  const port = utilityPort();
  if (port !== undefined) {
    return {
      onGone: (listener) =>
        port.onMessage((message) => {
          if (isLeave(message)) listener();
        }),
      // It would run on with nothing to do.
      release: () => port.post(LEAVE),
    };
  }
  return {
    onGone(listener) {
      process.stdin.once("end", listener).once("error", listener);
      process.stdin.resume();
    },
    // Open, it would keep a server that failed to start alive.
    release: () => void process.stdin.destroy(),
  };
}
