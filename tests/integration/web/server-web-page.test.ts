import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { send, type WebAnswer } from "../web-stage.ts";

const PAGE = '<!doctype html><script type="module" src="/assets/web-abc.js"></script>';
const SCRIPT = "export const bird = 'pipit';\n".repeat(200);
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; " +
  "connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-page-"));
  const webRoot = join(folder, "renderer");
  await mkdir(join(webRoot, "assets"), { recursive: true });
  const files = {
    "web.html": PAGE,
    "desktop.html": "desktop",
    "sw.js": SCRIPT,
    "manifest.webmanifest": "{}",
    "assets/web-abc.js": SCRIPT,
    "assets/web-abc.js.map": "{}",
    "assets/style-abc.css": "a{}",
    "assets/bird-abc.svg": "<svg/>",
    "assets/bird-abc.png": "png",
    "assets/font-abc.woff2": "font",
    "assets/dsp-abc.wasm": "wasm",
    "assets/words-abc.json": "{}",
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(webRoot, name), content);
  await writeFile(join(folder, "secret.js"), "secret");
  await symlink(join(folder, "secret.js"), join(webRoot, "assets", "link.js"));
  server = await startTestServer({ config: { webRoot } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<WebAnswer> {
  return send(server.httpUrl, { path, headers });
}

describe("GET /", () => {
  test("is the page, for anybody, under a policy that lets nothing foreign or inline run", async () => {
    const answer = await get("/");
    expect([answer.status, answer.text]).toEqual([200, PAGE]);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": "camera=(self), display-capture=(self), geolocation=(), microphone=()",
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("opens from a link on another site, too", async () => {
    const headers = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      cookie: "session_token=x",
    };
    expect((await get("/", headers)).status).toBe(200);
  });

  test("is 304 for a browser that has it, with the headers that it keeps it by", async () => {
    const { etag = "" } = (await get("/")).headers;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await get("/", { "if-none-match": known });
      expect([known, answer.status, answer.bytes.byteLength]).toEqual([known, 304, 0]);
      expect(answer.headers).toMatchObject({
        etag,
        "cache-control": "no-cache",
        "content-security-policy": POLICY,
      });
    }
    expect((await get("/", { "if-none-match": '"other"' })).status).toBe(200);
  });

  test("answers HEAD with the same headers and no body", async () => {
    const head = await send(server.httpUrl, { method: "HEAD", path: "/" });
    expect([head.status, head.bytes.byteLength]).toEqual([200, 0]);
    expect(head.headers["content-length"]).toBe(String(PAGE.length));
    expect(head.headers["content-security-policy"]).toBe(POLICY);
  });

  test.each(["/login", "/register?from=/profile", "/profile", "/settings", "/c/any-chat", "/r/everyone"])(
    "U2: %s is the same page, which can be linked to and reloaded",
    async (path) => {
      const answer = await get(path, { accept: "text/html,*/*;q=0.8" });
      expect([answer.status, answer.text]).toEqual([200, PAGE]);
      expect(answer.headers["content-security-policy"]).toBe(POLICY);
    },
  );

  test.each([
    ["/account", "/profile"],
    ["/device?user_code=ABCD-EFGH", "/oauth/device?user_code=ABCD-EFGH"],
  ])("U2: %s leads to %s", async (path, target) => {
    const answer = await get(path);
    expect([answer.status, answer.headers.location]).toEqual([302, target]);
  });

  test("U2: an address with a slash behind it leads to the one without, and never to another host", async () => {
    const accept = "text/html";
    for (const [path, target] of [
      ["/login/", "/login"],
      ["/c/any-chat/?from=a/", "/c/any-chat?from=a/"],
      ["//elsewhere.example/", undefined],
      ["/\\elsewhere.example/", undefined],
    ] as const) {
      const answer = await get(path, { accept });
      expect([path, answer.headers.location]).toEqual([path, target]);
    }
  });

  test("U2: any other address is a page that says so to a browser, in its language, and JSON to a program", async () => {
    const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    const page = await get("/nothing/<b>", { accept, "accept-language": "ru" });
    expect(page.status).toBe(404);
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
    expect(page.text).toContain("Такой страницы нет");
    expect(page.text).toContain('href="/"');
    expect(page.text).not.toContain("<b>");
    for (const path of ["/c/%F0%9F", "/%zz"]) {
      expect((await get(path, { accept })).headers["content-type"]).toBe("text/html; charset=utf-8");
      expect((await get(path)).headers["content-type"]).toContain("application/json");
    }
    for (const other of ["application/json", "*/*"]) {
      expect(await get("/nothing", { accept: other })).toMatchObject({ status: 404, json: { error: {} } });
    }
    const sent = await send(server.httpUrl, { method: "POST", path: "/nothing", headers: { accept } });
    expect(sent).toMatchObject({ status: 404, json: { error: {} } });
  });

  test("nothing else can be done to it", async () => {
    const answer = await send(server.httpUrl, { method: "POST", path: "/" });
    expect([answer.status, answer.headers.allow]).toEqual([405, "GET"]);
  });
});

test.each([
  ["/sw.js", "text/javascript; charset=utf-8"],
  ["/manifest.webmanifest", "application/manifest+json; charset=utf-8"],
])("%s is %s, and is asked for again every time", async (path, type) => {
  const answer = await get(path);
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({
    "content-type": type,
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
  });
  const known = await get(path, { "if-none-match": answer.headers.etag ?? "" });
  expect(known.status).toBe(304);
});

describe("GET /assets/...", () => {
  test.each([
    ["web-abc.js", "text/javascript; charset=utf-8"],
    ["style-abc.css", "text/css; charset=utf-8"],
    ["bird-abc.svg", "image/svg+xml"],
    ["bird-abc.png", "image/png"],
    ["font-abc.woff2", "font/woff2"],
    ["dsp-abc.wasm", "application/wasm"],
    ["words-abc.json", "application/json; charset=utf-8"],
  ])("%s is %s, and may be kept for a year", async (name, type) => {
    const answer = await get(`/assets/${name}`);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "content-type": type,
      "cache-control": "public, max-age=31536000, immutable",
      etag: expect.any(String),
      "x-content-type-options": "nosniff",
      "content-security-policy": POLICY,
    });
  });

  test("is compressed as the browser can read it, each form with its own tag", async () => {
    const plain = await get("/assets/web-abc.js");
    const br = await get("/assets/web-abc.js", { "accept-encoding": "gzip, deflate, br" });
    const gzip = await get("/assets/web-abc.js", { "accept-encoding": "gzip" });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect([br.headers["content-encoding"], brotliDecompressSync(br.bytes).toString()]).toEqual([
      "br",
      SCRIPT,
    ]);
    expect([gzip.headers["content-encoding"], gunzipSync(gzip.bytes).toString()]).toEqual(["gzip", SCRIPT]);
    expect(br.bytes.byteLength).toBeLessThan(SCRIPT.length / 5);
    expect(new Set([plain, br, gzip].map(({ headers }) => headers.etag)).size).toBe(3);
    for (const { headers } of [plain, br, gzip]) expect(headers.vary).toBe("accept-encoding");
    const again = await get("/assets/web-abc.js", {
      "accept-encoding": "br",
      "if-none-match": br.headers.etag ?? "",
    });
    expect(again.status).toBe(304);
  });

  test("what is packed already is sent as it is", async () => {
    const answer = await get("/assets/font-abc.woff2", { "accept-encoding": "br" });
    expect([answer.text, answer.headers["content-encoding"], answer.headers.vary]).toEqual([
      "font",
      undefined,
      undefined,
    ]);
  });

  test.each([
    "/assets/",
    "/assets",
    "/assets/nothing.js",
    "/assets/web-abc.js.map",
    "/assets/link.js",
    "/assets/../web.html",
    "/assets/../../secret.js",
    "/assets/..%2f..%2fsecret.js",
    "/assets/%2e%2e/%2e%2e/secret.js",
    "/assets/..%5c..%5csecret.js",
    "/assets/%252e%252e%252fsecret.js",
    "/assets//etc/passwd",
    "/assets/%2fetc%2fpasswd",
    "/assets/./web-abc.js",
    "/assets/web-abc.js%00",
    "/assets/web-abc.js/",
    "/assets/constructor",
    "/assets/__proto__",
    "/../secret.js",
    "/web.html",
    "/desktop.html",
    "/assets/desktop.html",
    "/favicon.ico",
    "/chat/1",
  ])("%s is not there", async (path) => {
    const answer = await get(path, { accept: "*/*" });
    expect([answer.status, answer.json]).toEqual([404, { error: expect.any(Object) }]);
    expect(answer.text).not.toContain("secret'");
    expect(answer.headers["cache-control"]).toBe("no-store");
  });
});

describe("before the page was built", () => {
  test("the server says so, works otherwise, and finds the page as soon as it is there", async () => {
    const webRoot = join(folder, "later");
    await using bare = await startTestServer({ config: { webRoot } });
    const answer = await send(bare.httpUrl, { path: "/" });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain("npm run build");
    expect(answer.text).not.toMatch(/<script|<style|style=/);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": POLICY,
    });
    expect((await send(bare.httpUrl, { path: "/health" })).status).toBe(200);
    expect((await send(bare.httpUrl, { path: "/sw.js" })).status).toBe(404);
    expect((await send(bare.httpUrl, { path: "/assets/web-abc.js" })).status).toBe(404);
    await mkdir(join(webRoot, "assets"), { recursive: true });
    await writeFile(join(webRoot, "assets", "web-abc.js"), SCRIPT);
    await writeFile(join(webRoot, "web.html"), PAGE);
    expect((await send(bare.httpUrl, { path: "/" })).text).toBe(PAGE);
  });
});
