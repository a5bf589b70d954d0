import { join } from "node:path";
import type { UtilityProcess } from "electron";
import {
  aboutJobProcess,
  jobProcessRequest,
  type JobProcessNews,
  type JobProcessRequest,
} from "#contract/processes/job-process.ts";
import { endNow, forkChild, postTo, type Forker } from "./utility-child.ts";

/**
 * Starts the processes that our server asks for, and carries what they and the server say. They end with it.
 *
 * @param folder where the server's programs lie
 */
export function serveJobProcesses(server: UtilityProcess, folder: string, utilityProcess: Forker): void {
  const running = new Map<string, UtilityProcess>();
  const tell = (id: string, news: Pick<JobProcessNews, "kind"> & { readonly message?: unknown }): void =>
    postTo(server, aboutJobProcess(id, news));
  const start = ({ id, program }: Extract<JobProcessRequest, { kind: "start" }>): void => {
    const child = forkChild(utilityProcess, join(folder, `${program}.js`), [], {
      // Nothing of main's environment (addresses, keys) belongs there.
      env: {},
      stdio: "ignore",
      serviceName: "Pipit Helper",
    });
    running.set(id, child);
    child.on("message", (message: unknown) => {
      try {
        tell(id, { kind: "message", message });
      } catch {
        // A message that leads into itself cannot be carried on, and none of ours does: a picture has taken it over.
        endNow(child);
      }
    });
    child.once("exit", () => {
      running.delete(id);
      // A server that is gone hears nothing.
      tell(id, { kind: "ended" });
    });
  };
  server.on("message", (message: unknown) => {
    const request = jobProcessRequest.safeParse(message).data;
    if (request === undefined) return;
    const child = running.get(request.id);
    if (request.kind === "start") start(request);
    else if (child !== undefined && request.kind === "send") postTo(child, request.message);
    else if (child !== undefined) endNow(child);
  });
  server.once("exit", () => {
    for (const child of running.values()) endNow(child);
  });
}
