import { z } from "zod";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { eventsUrl, whenOpen, type OpenEventSocket } from "#engine/events/event-socket.ts";
import type { HttpClient } from "#engine/ports.ts";

/** What the server says is short; one that says more is not ours. */
const MESSAGE_MAX_BYTES = 1024 * 1024;

const wsTokenSchema = z.object({ ws_token: z.string().min(1) });

/** Opens sockets with a token for each, which `api` asks for with the sign-in, renewed if need be. */
export function createEventSockets(
  api: HttpClient,
  link: { connect(signal: AbortSignal): Promise<{ readonly httpUrl: string }> },
): OpenEventSocket {
  return async (onText, cursor, signal) => {
    const { status, body } = await api.request({ method: "POST", path: "/api/v1/ws-token/" }, signal);
    const token = wsTokenSchema.safeParse(status === 200 ? parseJson(body) : undefined).data?.ws_token;
    if (token === undefined) {
      throw new PipitError("SERVER_UNREACHABLE", "The server gives no token for a WebSocket.", {
        detail: `HTTP ${status}`,
      });
    }
    const { httpUrl } = await link.connect(signal);
    // With the first sign-in: a start has no time for it.
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(eventsUrl(httpUrl, cursor), {
      headers: { authorization: `Bearer ${token}` },
      maxPayload: MESSAGE_MAX_BYTES,
      perMessageDeflate: false,
    });
    return whenOpen(socket, onText, signal);
  };
}
