import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONTENT_POLICY } from "#contract/content-policy.ts";
import { answerPage, declareAppScheme, serveApp } from "./app-protocol.ts";

let folder: string;
let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "pipit-app-"));
  folder = join(base, "renderer");
  await mkdir(join(folder, "assets"), { recursive: true });
  await writeFile(join(folder, "desktop.html"), "<!doctype html>");
  await writeFile(join(folder, "assets", "main-Ab_1.js"), "export {};");
  await writeFile(join(base, "secret.txt"), "secret");
  await mkdir(join(base, "renderer-evil"));
  await writeFile(join(base, "renderer-evil", "x.js"), "evil");
  await symlink(join(base, "secret.txt"), join(folder, "link.txt"));
  await symlink(base, join(folder, "up"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const get = (url: string, method = "GET") => answerPage({ url, method }, folder);

describe("answerPage", () => {
  test("[5.1-4] serves the window's page, its type and the content policy", async () => {
    const response = await get("app://pipit/desktop.html");
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("<!doctype html>");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toBe(CONTENT_POLICY);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("serves scripts as scripts, and the page at the root", async () => {
    const script = await get("app://pipit/assets/main-Ab_1.js?v=1");
    expect([script.status, script.headers.get("content-type")]).toEqual([
      200,
      "text/javascript; charset=utf-8",
    ]);
    expect((await get("app://pipit/")).status).toBe(200);
  });

  test.each([
    "app://pipit/../../etc/passwd",
    "app://pipit/assets/../../secret.txt",
    "app://pipit/%2e%2e/secret.txt",
    "app://pipit/%2E%2e%2fsecret.txt",
    "app://pipit/..%2fsecret.txt",
    String.raw`app://pipit/..\secret.txt`,
    "app://pipit/..%5csecret.txt",
    "app://pipit/%252e%252e/secret.txt",
    "app://pipit/desktop.html%00.js",
    "app://pipit/link.txt",
    "app://pipit/up/secret.txt",
    "app://pipit/up/renderer-evil/x.js",
    "app://pipit/%E0%A4%A",
    "app://other/desktop.html",
    "app://pipit.evil/desktop.html",
    "app://user@pipit/desktop.html",
    "app://pipit:81/desktop.html",
    "file:///etc/passwd",
  ])("[5.1-3] 400 for %s", async (url) => {
    const response = await get(url);
    expect([response.status, await response.text()]).toEqual([400, ""]);
  });

  test("404 for what is not there, and for a folder", async () => {
    expect((await get("app://pipit/missing.js")).status).toBe(404);
    expect((await get("app://pipit/assets")).status).toBe(404);
  });

  test("405 for anything that is not reading", async () => {
    expect((await get("app://pipit/desktop.html", "POST")).status).toBe(405);
  });

  test("refusals carry the policy too", async () => {
    expect((await get("app://other/")).headers.get("content-security-policy")).toBe(CONTENT_POLICY);
  });
});

test("a session is served once, however often it is asked for", () => {
  const handled: string[] = [];
  const protocol = {
    isProtocolHandled: (scheme: string) => handled.includes(scheme),
    handle: (scheme: string) => void handled.push(scheme),
  };
  serveApp({ protocol }, folder);
  serveApp({ protocol }, folder);
  expect(handled).toEqual(["app"]);
});

test("the scheme is a web site's, and V8 keeps what it compiled of it", () => {
  const declared: unknown[] = [];
  declareAppScheme({ registerSchemesAsPrivileged: (schemes) => void declared.push(...schemes) });
  expect(declared).toEqual([
    {
      scheme: "app",
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
});
