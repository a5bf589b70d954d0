import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createHttpClient } from "./http-client.ts";

const never = new AbortController().signal;

async function serve(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a request", () => {
  test("carries method, headers and body, and gives back status, headers and text", async () => {
    await using server = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        response.writeHead(401, { "x-seen": `${request.method} ${request.url} ${request.headers["x-a"]}` });
        response.end(`got ${body}`);
      });
    });
    const client = createHttpClient(`${server.url}/base/`);
    const response = await client.request(
      { method: "POST", path: "/oauth/token?x=1", headers: { "x-a": "1" }, body: "привет" },
      never,
    );
    expect(response).toMatchObject({ status: 401, body: "got привет" });
    expect(response.headers["x-seen"]).toBe("POST /base/oauth/token?x=1 1");
  });

  test("follows redirects on the same server only, without losing the method where it must stay", async () => {
    const seen: string[] = [];
    await using elsewhere = await serve((_, response) => response.end("elsewhere"));
    await using server = await serve((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const target: Record<string, [number, string]> = {
        "/kept": [307, "/end"],
        "/got": [303, "/end"],
        "/away": [302, elsewhere.url],
        "/circle": [302, "/circle"],
      };
      const [status, location] = target[request.url ?? ""] ?? [200, ""];
      response.writeHead(status, location === "" ? {} : { location });
      response.end("ok");
    });
    const client = createHttpClient(server.url);
    const post = (path: string) => client.request({ method: "POST", path, body: "b" }, never);
    expect((await post("/kept")).body).toBe("ok");
    expect((await post("/got")).body).toBe("ok");
    expect(seen).toEqual(["POST /kept", "POST /end", "POST /got", "GET /end"]);
    await expect(post("/away")).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringContaining(elsewhere.url),
    });
    await expect(post("/circle")).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  });

  test("that would leave the server is refused", async () => {
    const client = createHttpClient("http://127.0.0.1:9");
    await expect(
      client.request({ method: "GET", path: "//elsewhere.example/x" }, never),
    ).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  test("without an answer is SERVER_UNREACHABLE and says why", async () => {
    const gone = await serve(() => undefined);
    await gone[Symbol.asyncDispose]();
    await expect(
      createHttpClient(gone.url).request({ method: "GET", path: "/" }, never),
    ).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", message: expect.stringContaining("ECONNREFUSED") });
    await using silent = await serve(() => undefined);
    await expect(
      createHttpClient(silent.url, 30).request({ method: "GET", path: "/" }, never),
    ).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", message: expect.stringContaining("30 ms") });
  });

  test("that is aborted ends with CANCELLED, also while the body arrives", async () => {
    const abort = new AbortController();
    await using server = await serve((_, response) => {
      response.write("half");
      setImmediate(() => abort.abort());
    });
    await expect(
      createHttpClient(server.url).request({ method: "GET", path: "/" }, abort.signal),
    ).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("does not swallow an endless answer", async () => {
    await using server = await serve((_, response) => {
      const piece = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(piece)) continue;
      };
      response.on("drain", more);
      more();
    });
    await expect(
      createHttpClient(server.url).request({ method: "GET", path: "/" }, never),
    ).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", message: expect.stringContaining("larger") });
  });
});

test.each([
  "http://pipit.example.org",
  "http://10.0.0.1:8787",
  "ftp://localhost",
  "nonsense",
  "https://me:pw@host",
])("the server URL %s is refused", (serverUrl) => {
  expect(() => createHttpClient(serverUrl)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test.each(["https://pipit.example.org", "http://localhost:1", "http://[::1]:1", "http://127.8.8.8"])(
  "the server URL %s is taken",
  (serverUrl) => {
    expect(() => createHttpClient(serverUrl)).not.toThrow();
  },
);
