import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serveParent } from "./child-program.ts";

/**
 * The least that hands on an answer of a model server under its own name: it reads each event, changes it, and writes it,
 * no faster than it is taken. No accounts, no checks, one dialect.
 */
async function handOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const model = httpRequest(`${process.env["MODEL_URL"] ?? ""}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  request.pipe(model);
  const [answer] = (await once(model, "response")) as [IncomingMessage];
  response.writeHead(200, { "content-type": "text/event-stream" });
  answer.setEncoding("utf8");
  let rest = "";
  for await (const piece of answer as AsyncIterable<string>) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) if (!response.write(changed(event))) await once(response, "drain");
  }
  response.end();
}

function changed(event: string): string {
  const data = event.slice("data: ".length);
  if (data === "[DONE]") return `${event}\n\n`;
  const chunk = JSON.parse(data) as object;
  return `data: ${JSON.stringify({ ...chunk, id: "chatcmpl-proxy", model: "proxy" })}\n\n`;
}

const server = createServer((request, response) => {
  handOn(request, response).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
await serveParent({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
server.close();
server.closeAllConnections();
