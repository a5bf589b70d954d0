import { isLeave, LEAVE } from "#contract/leave-message.ts";

/** What Electron gives a utility process (its `ParentPort`). */
interface UtilityPort {
  on(event: "message", listener: (event: { readonly data: unknown }) => void): unknown;
  postMessage(message: unknown): void;
}

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
  const { parentPort } = process as { readonly parentPort?: UtilityPort };
  if (parentPort !== undefined) {
    return {
      onGone: (listener) =>
        void parentPort.on("message", ({ data }) => {
          if (isLeave(data)) listener();
        }),
      // It would run on with nothing to do.
      release: () => parentPort.postMessage(LEAVE),
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
