import type { Bridge } from "./bridge.ts";

/** The bridge of the web page: the engine runs here, and talks to the server that the page came from. */
export async function createWebBridge(): Promise<Bridge> {
  throw new Error("to be written");
}
