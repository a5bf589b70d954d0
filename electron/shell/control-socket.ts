import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import {
  CONTROL_LINE_MAX_CHARS,
  controlAddress,
  controlRequest,
  type ControlReply,
  type ControlRequest,
} from "#engine/node/processes/app-control.ts";
import type { Logger } from "#contract/logger.ts";
import { parseJson } from "#contract/parse-json.ts";

/** A caller that says nothing is sent away. */
const CALLER_TIMEOUT_MS = 3_000;

/**
 * Listens for `pipit toggle` and `pipit doctor` of this home; only the person's own programs can reach it (0600). Must be
 * called while holding the single-instance lock: a socket that lies there is then a dead one's.
 */
export async function openControlSocket(
  home: string,
  answer: (request: ControlRequest) => Promise<ControlReply>,
  logger: Logger,
  callerTimeoutMs = CALLER_TIMEOUT_MS,
): Promise<AsyncDisposable> {
  const address = controlAddress(home);
  const isFile = process.platform !== "win32";
  if (isFile) await rm(address, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, answer, callerTimeoutMs));
  server.listen(address);
  await once(server, "listening");
  server.on("error", (error) => logger.warn("control_socket.error", { error }));
  if (isFile) await chmod(address, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      if (isFile) await rm(address, { force: true });
    },
  };
}

function serve(
  socket: Socket,
  answer: (request: ControlRequest) => Promise<ControlReply>,
  callerTimeoutMs: number,
): void {
  let text = "";
  socket.setTimeout(callerTimeoutMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.length > CONTROL_LINE_MAX_CHARS) socket.destroy();
  });
  socket.once("end", () => {
    const request = controlRequest.safeParse(parseJson(text)).data;
    // Who speaks another language gets no answer.
    if (request === undefined) {
      socket.destroy();
      return;
    }
    // From here on the caller waits for us, or for the person.
    socket.setTimeout(0);
    void answer(request).then(
      (reply) => socket.end(JSON.stringify(reply)),
      () => socket.destroy(),
    );
  });
}
