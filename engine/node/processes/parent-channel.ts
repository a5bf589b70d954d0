import { isLeave, LEAVE } from "#contract/processes/leave-message.ts";
import { utilityPort, type UtilityPort } from "#contract/processes/utility-port.ts";

/** 24.8 days: the longest that a timer can be set to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A helper's way to the program that started it. */
export interface ParentChannel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The parent is gone, or has let go. In a utility process Electron ends the process itself. */
  onClosed(listener: () => void): void;
  /** Nothing more will be said; the process may end. */
  close(): void;
}

/** The channel of this process: Electron's port in a utility process, else Node's IPC channel. */
export function openParentChannel(): ParentChannel {
  const port = utilityPort();
  return port === undefined ? nodeChannel() : utilityChannel(port);
}

function nodeChannel(): ParentChannel {
  return {
    // The parent may be gone already; then this process is about to end too.
    send: (message) => {
      if (process.connected) process.send?.(message as object, () => undefined);
    },
    onMessage: (listener) => void process.on("message", listener),
    onClosed: (listener) => void process.once("disconnect", listener),
    close: () => {
      if (process.connected) process.disconnect();
    },
  };
}

function utilityChannel(port: UtilityPort): ParentChannel {
  const closed: (() => void)[] = [];
  // Electron does not say whether a port that is listened to keeps its process; this does, and costs nothing.
  const alive = setInterval(() => undefined, LONGEST_TIMER_MS);
  return {
    send: (message) => port.post(message),
    onMessage: (listener) => {
      port.onMessage((message) => {
        if (isLeave(message)) for (const close of closed) close();
        else listener(message);
      });
    },
    onClosed: (listener) => void closed.push(listener),
    // A utility process does not end by itself: its parent ends it when it hears this.
    close: () => {
      clearInterval(alive);
      port.post(LEAVE);
    },
  };
}
