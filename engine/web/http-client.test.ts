import { expect, test } from "vitest";
import { createPageHttpClient } from "./http-client.ts";
import { serveHttp } from "#tests/doubles/serve-http.ts";

const never = new AbortController().signal;

test("an exchange gives status, headers and text, whatever the status", async () => {
  await using server = await serveHttp((request, response) => {
    response.writeHead(418, { "x-method": request.method });
    request.pipe(response);
  });
  const client = createPageHttpClient(server.url);
  expect(await client.request({ method: "POST", path: "/a?b", body: "привет" }, never)).toMatchObject({
    status: 418,
    body: "привет",
    headers: { "x-method": "POST" },
  });
});

test("a path that leaves the server, and a redirect, are not followed", async () => {
  let calls = 0;
  await using server = await serveHttp((_request, response) => {
    calls += 1;
    response.writeHead(302, { location: "http://127.0.0.1:9/" }).end();
  });
  const client = createPageHttpClient(server.url);
  await expect(client.request({ method: "GET", path: "//elsewhere.example/x" }, never)).rejects.toMatchObject(
    {
      code: "INVALID_REQUEST",
    },
  );
  expect(calls).toBe(0);
  await expect(client.request({ method: "GET", path: "/" }, never)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
  });
  expect(calls).toBe(1);
});

test("no answer, one that takes too long and one without end are SERVER_UNREACHABLE", async () => {
  const gone = await serveHttp(() => undefined);
  await gone[Symbol.asyncDispose]();
  const ask = (serverUrl: string, timeoutMs?: number) =>
    createPageHttpClient(serverUrl, timeoutMs).request({ method: "GET", path: "/" }, never);
  await expect(ask(gone.url)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: expect.stringContaining(gone.url),
  });
  await using silent = await serveHttp(() => undefined);
  await expect(ask(silent.url, 30)).rejects.toThrow(/no answer within 30 ms/u);
  await using endless = await serveHttp((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024))) continue;
    };
    response.on("drain", more);
    more();
  });
  await expect(ask(endless.url)).rejects.toThrow(/larger than/u);
});

test("an aborted exchange ends with CANCELLED", async () => {
  const abort = new AbortController();
  await using server = await serveHttp((_request, response) => {
    response.write("half");
    setImmediate(() => abort.abort());
  });
  const client = createPageHttpClient(server.url);
  await expect(client.request({ method: "GET", path: "/" }, abort.signal)).rejects.toMatchObject({
    code: "CANCELLED",
  });
});
