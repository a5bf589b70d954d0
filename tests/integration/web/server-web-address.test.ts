import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { createCliHome, jsonLines, type CliHome, type CliProcess } from "../cli-process.ts";
import { cookieOf, FORM, send } from "../web-stage.ts";

const PORTS = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];

let pipit: CliHome;
beforeEach(async () => {
  pipit = await createCliHome();
});
afterEach(() => pipit[Symbol.asyncDispose]());

async function serve(...flags: string[]): Promise<{ program: CliProcess; httpUrl: string }> {
  const program = pipit.start(["serve", ...PORTS, ...flags]);
  await program.printed(flags.includes("--sign-in-address") ? /#sign-in=.+\n.*\d{4}\n/ : /ready: .+\n/);
  const runtime = JSON.parse(
    await readFile(join(pipit.home, "server", "runtime.json"), "utf8"),
  ) as RuntimeInfo;
  return { program, httpUrl: runtime.httpUrl };
}

async function stop({ child, result }: CliProcess) {
  child.kill("SIGTERM");
  return result;
}

/** What the page does with its address and the digits; resolves to the name of who is signed in then. */
async function follow(address: string, digits: string): Promise<unknown> {
  const { origin, pathname, hash } = new URL(address);
  expect(pathname).toBe("/");
  const code = hash.replace(/^#sign-in=/, "");
  const headers = { ...FORM, origin, "sec-fetch-site": "same-origin" };
  const answer = await send(origin, {
    method: "POST",
    path: "/auth/sign-in",
    headers,
    body: `code=${code}&digits=${digits}`,
  });
  if (answer.status !== 200) return answer.status;
  const me = await send(origin, { path: "/auth/me", headers: { cookie: cookieOf(answer) } });
  return (me.json as { readonly account_name: unknown }).account_name;
}

describe("pipit serve --sign-in-address", () => {
  test("prints one address that lets a browser in once, and that stands nowhere else", async () => {
    const { program, httpUrl } = await serve("--sign-in-address", "--log-level", "debug");
    const printed = await program.printed(/#sign-in=.+\n.*\d{4}\n/);
    const address = `${httpUrl}/#sign-in=${codeOf(printed)}`;
    const digits = /(\d{4})\n$/.exec(printed)?.[1] ?? "";
    expect(await follow(address, digits)).toBe("This computer");
    expect(await follow(address, digits)).toBe(401);
    const { stdout, stderr } = await stop(program);
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^Pipit is ready: /),
      `Open in a browser (works once, for 10 minutes): ${address}`,
      `The page asks for these digits: ${digits}`,
    ]);
    expect(stderr).toContain("auth.signed_in");
    expect(stderr).not.toContain(codeOf(address));
  });

  test("without it, no address is printed", async () => {
    const { program } = await serve();
    expect((await stop(program)).stdout).not.toContain("sign-in");
  });
});

describe("pipit web", () => {
  test("prints the address, its digits and nothing else, a new one each time, and keeps it out of the logs", async () => {
    const { program } = await serve("--log-level", "debug");
    const first = await pipit.run(["web"]);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#sign-in=[\w-]{43}\n\d{4}\n$/);
    const second = await pipit.run(["web", "--json"]);
    const [line] = jsonLines(second.stdout);
    expect(line).toEqual({
      url: expect.any(String),
      digits: expect.stringMatching(/^\d{4}$/),
      expiresAtMs: expect.any(Number),
    });
    const [url = "", digits = ""] = first.stdout.split("\n");
    const addresses = [url, String(line?.["url"])];
    expect(new Set(addresses).size).toBe(2);
    expect(await follow(url, digits)).toBe("This computer");
    expect(await follow(addresses[1] ?? "", String(line?.["digits"]))).toBe("This computer");
    const { stderr } = await stop(program);
    const clientLog = await readFile(join(pipit.home, "client.log"), "utf8").catch(() => "");
    for (const address of addresses) {
      expect(stderr + clientLog).not.toContain(codeOf(address));
    }
  });

  test("without a server it starts none, says how, and ends with 4", async () => {
    const { code, stdout, stderr } = await pipit.run(["web"]);
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toMatch(/npx pipit serve/);
    await expect(readFile(join(pipit.home, "server", "runtime.json"))).rejects.toThrow("ENOENT");
  });

  test("a server that is named and does not answer is 4, too", async () => {
    const { code, stderr } = await pipit.run(["web"], { env: { PIPIT_SERVER_URL: "http://127.0.0.1:9" } });
    expect(code).toBe(4);
    expect(stderr).toContain("http://127.0.0.1:9");
  });

  test("who signed out on purpose is not signed in by it: 3, and how to", async () => {
    const { program } = await serve();
    await pipit.run(["chat", "--no-audio"], { input: "/login\n/logout\n/quit\n" });
    const { code, stdout, stderr } = await pipit.run(["web"]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/auth login/);
    await stop(program);
  });
});

function codeOf(printed: string): string {
  const [, code = ""] = /#sign-in=([\w-]{43})/.exec(printed) ?? [];
  expect(code).toHaveLength(43);
  return code;
}
