import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createHttpClient } from "./http-client.ts";
import { serveHttp } from "#tests/doubles/serve-http.ts";

const never = new AbortController().signal;

describe("a request", () => {
  test("carries method, headers and body, and gives back status, headers and text", async () => {
    await using server = await serveHttp((request, response) => {
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
    await using elsewhere = await serveHttp((_, response) => response.end("elsewhere"));
    await using server = await serveHttp((request, response) => {
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
    const gone = await serveHttp(() => undefined);
    await gone[Symbol.asyncDispose]();
    await expect(
      createHttpClient(gone.url).request({ method: "GET", path: "/" }, never),
    ).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", message: expect.stringContaining("ECONNREFUSED") });
    await using silent = await serveHttp(() => undefined);
    await expect(
      createHttpClient(silent.url, 30).request({ method: "GET", path: "/" }, never),
    ).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", message: expect.stringContaining("30 ms") });
  });

  test("that is aborted ends with CANCELLED, also while the body arrives", async () => {
    const abort = new AbortController();
    await using server = await serveHttp((_, response) => {
      response.write("half");
      setImmediate(() => abort.abort());
    });
    await expect(
      createHttpClient(server.url).request({ method: "GET", path: "/" }, abort.signal),
    ).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("does not swallow an endless answer", async () => {
    await using server = await serveHttp((_, response) => {
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

describe("a download", () => {
  const download = (url: string, signal = never, silenceMs?: number) =>
    createHttpClient(url, 30, silenceMs).download("/file", new Headers({ "x-a": "1" }), signal);
  const read = async (file: AsyncIterable<Uint8Array>): Promise<string> =>
    Buffer.concat(await Array.fromAsync(file)).toString();

  test("is read while the server still writes it, however long both take, and left in the middle", async () => {
    let writeMore = (): void => undefined;
    const left = Promise.withResolvers<unknown>();
    await using server = await serveHttp((request, response) => {
      response.on("close", () => left.resolve(request.headers["x-a"]));
      response.write("one");
      writeMore = () => response.write("two");
    });
    const file = await download(server.url, never, 60_000);
    let told = "";
    for await (const piece of file) {
      told += Buffer.from(piece).toString();
      if (told === "onetwo") break;
      // Longer than a request may take.
      await sleep(50);
      writeMore();
    }
    expect(await left.promise).toBe("1");
  });

  test("that a server breaks off, or stops sending, is never taken for a whole one", async () => {
    await using broken = await serveHttp((_, response) => {
      response.write("half");
      setImmediate(() => response.destroy());
    });
    await expect(download(broken.url).then(read)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await using silent = await serveHttp((_, response) => void response.write("half"));
    await expect(download(silent.url, never, 30).then(read)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringContaining("30 ms"),
    });
  });

  test("gives what the server says instead, and ends with CANCELLED", async () => {
    await using server = await serveHttp((_, response) => {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: "CHAT_NOT_FOUND", message: "Chat not found" } }));
    });
    await expect(download(server.url)).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    const abort = new AbortController();
    await using slow = await serveHttp((_, response) => void response.write("half"));
    const file = await download(slow.url, abort.signal);
    setImmediate(() => abort.abort());
    await expect(read(file)).rejects.toMatchObject({ code: "CANCELLED" });
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
