import { withOwnBytes } from "./own-bytes.ts";

type PortListener = (event: { readonly data: unknown }) => void;

/** What Electron gives a utility process (its `ParentPort`). */
interface ParentPort {
  on(event: "message", listener: PortListener): unknown;
  off(event: "message", listener: PortListener): unknown;
  postMessage(message: unknown): void;
}

/** The way from a utility process to the desktop app that started it. */
export interface UtilityPort {
  post(message: unknown): void;
  /** Returns what ends it. */
  onMessage(listener: (message: unknown) => void): () => void;
}

/**
 * Electron's port, when this process is a utility process of the desktop app; undefined elsewhere. Such a process can
 * start no program of ours itself: in a packaged app, its own binary is no Node.
 */
export function utilityPort(): UtilityPort | undefined {
  const { process } = globalThis as { readonly process?: { readonly parentPort?: ParentPort } };
  const port = process?.parentPort;
  if (port === undefined) return undefined;
  return {
    post: (message) => port.postMessage(withOwnBytes(message)),
    onMessage: (listener) => {
      const onEvent: PortListener = ({ data }) => listener(data);
      port.on("message", onEvent);
      return () => void port.off("message", onEvent);
    },
  };
}
