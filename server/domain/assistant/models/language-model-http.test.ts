import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DONE, finish, text } from "#tests/doubles/model-servers/fixture.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import { ask, collect, modelAt, never, textOf } from "./model-test-kit.ts";

/** What HTTP itself allows, or servers do with it; each under a path of its own. */
const ANSWER = Buffer.from(
  [text("Hi "), text("Zoë 😀"), finish("stop"), DONE].map((one) => `data: ${one}\n\n`).join(""),
);
const HALF = ANSWER.subarray(0, ANSWER.indexOf("😀") + 2);
const SSE = { "content-type": "text/event-stream" };

const pages: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  gzip: (response) => response.writeHead(200, { ...SSE, "content-encoding": "gzip" }).end(gzipSync(ANSWER)),
  deflate: (response) =>
    response.writeHead(200, { ...SSE, "content-encoding": "deflate" }).end(deflateSync(ANSWER)),
  br: (response) =>
    response.writeHead(200, { ...SSE, "content-encoding": "br" }).end(brotliCompressSync(ANSWER)),
  zstd: (response) =>
    response.writeHead(200, { ...SSE, "content-encoding": "zstd" }).end(zstdCompressSync(ANSWER)),
  "old-http": ({ socket }) =>
    socket?.end(`HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${ANSWER}`),
  "cut-gzip": (response) => {
    const zipped = gzipSync(ANSWER);
    response
      .writeHead(200, { ...SSE, "content-encoding": "gzip" })
      .write(zipped.subarray(0, zipped.length - 12));
    cut = () => response.destroy();
  },
  "cut-character": (response) => {
    response.writeHead(200, SSE).write(HALF);
    cut = () => response.destroy();
  },
  "gzip-error": (response) =>
    response
      .writeHead(400, { "content-type": "application/json", "content-encoding": "gzip" })
      .end(gzipSync('{"error":{"message":"No such temperature"}}')),
  "status-999": (response) => response.writeHead(999, SSE).end("{}"),
  "other-port": (response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${otherPort}/v1/chat/completions` }).end(),
};

/** Breaks off the answer that is being given. */
let cut = (): void => {};
let otherPort = 0;
const otherSaw: (string | undefined)[] = [];
const server = createServer((request, response) => {
  const name = request.url?.split("/")[1] ?? "";
  request.resume().on("end", () => pages[name]?.(response, request));
});
const other = createServer((request, response) => {
  otherSaw.push(request.headers.authorization);
  response.end();
});

beforeAll(async () => {
  for (const one of [server, other])
    await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
  otherPort = (other.address() as AddressInfo).port;
});
afterAll(() => {
  for (const one of [server, other]) one.close().closeAllConnections();
});

function askAt(path: string, scheme = "http") {
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;
  return modelAt(url, { key: "sk-secret" }).answer(ask("Hi"), never);
}

async function answerOf(path: string, scheme?: string) {
  const { parts, error } = await collect(askAt(path, scheme));
  return { said: textOf(parts), error: error as PipitError | undefined };
}

/** Cut off once something of it is here: of what is still being unpacked then, nothing need come. */
async function* cutWhenRead(path: string) {
  for await (const part of askAt(path)) {
    yield part;
    if (part.type === "text") cut();
  }
}

describe("F7, W2: what HTTP does to an answer", () => {
  test.each(["gzip", "deflate", "br", "zstd", "old-http"])("%s: it is read", async (path) => {
    expect(await answerOf(path)).toEqual({ said: "Hi Zoë 😀", error: undefined });
  });

  test.each(["cut-gzip", "cut-character"])("%s: what came is kept", async (path) => {
    const { parts, error } = await collect(cutWhenRead(path));
    expect(textOf(parts)).toMatch(/^Hi /);
    expect(textOf(parts)).not.toContain("\uFFFD");
    expect(error).toMatchObject({ message: expect.stringContaining("broke off") });
  });

  test("a compressed error keeps its words", async () => {
    const { error } = await answerOf("gzip-error");
    expect(error).toMatchObject({
      code: "MODEL_REFUSED",
      message: expect.stringContaining("No such temperature"),
    });
  });

  test("a status beyond all is a failure of the server", async () => {
    expect((await answerOf("status-999")).error).toMatchObject({ code: "MODEL_FAILED" });
  });

  test("a redirect to another port of its host gets no key", async () => {
    const { error } = await answerOf("other-port");
    expect(error).toMatchObject({
      code: "MODEL_UNREACHABLE",
      message: expect.stringContaining("PIPIT_MODEL_URL"),
    });
    expect(otherSaw).toEqual([]);
  });

  test("https for a server that speaks http is a wrong address, and no bad certificate", async () => {
    const { error } = await answerOf("gzip", "https");
    expect(error).toMatchObject({
      code: "MODEL_UNREACHABLE",
      message: expect.stringContaining("https for http"),
    });
  });
});
