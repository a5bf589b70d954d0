import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "#tools/test/command.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";
import { cookieOf, send, type WebAnswer } from "./web-stage.ts";

const PASSWORD = "Correct-horse-1";
/** What a camera needs: several pixels for each square of the code. */
const PIXELS_PER_SQUARE = 8;

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), "pipit-qr-"));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function ask(path: string, body: object, cookie?: string): Promise<WebAnswer> {
  const headers = { "content-type": "application/json", origin: server.httpUrl };
  return send(server.httpUrl, {
    method: "POST",
    path,
    headers: cookie === undefined ? headers : { ...headers, cookie },
    body: JSON.stringify(body),
  });
}

interface Begun {
  readonly uri: string;
  readonly secret: string;
  readonly qr_svg: string;
  readonly qr_terminal: string;
}

async function begin(login: string): Promise<{ readonly cookie: string; readonly begun: Begun }> {
  const cookie = cookieOf(await ask("/auth/register", { login, password: PASSWORD }));
  return { cookie, begun: (await ask("/auth/otp/init", { password: PASSWORD }, cookie)).json as Begun };
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(program, args, {}, AbortSignal.timeout(60_000));
  expect([program, code, stderr]).toEqual([program, 0, expect.any(String)]);
  return stdout.trim();
}

/** Another implementation of RFC 6238. */
function oathtool(secret: string, when = "now"): Promise<string> {
  return run("oathtool", ["--totp", "--base32", `--now=${when}`, secret]);
}

async function zbarimg(name: string, picture: Buffer): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, picture);
  return run("zbarimg", ["--quiet", "--raw", file]);
}

/** What a terminal shows of half blocks: each character is two squares, one above the other. */
function photograph(text: string): Promise<Buffer> {
  const lines = text.split("\n").map((line) => [...stripVTControlCharacters(line)]);
  const width = Math.max(...lines.map((line) => line.length));
  const black = { "█": [0, 0], "▀": [0, 255], "▄": [255, 0] } as Readonly<Record<string, readonly number[]>>;
  const pixels = lines.flatMap((line) =>
    [0, 1].flatMap((half) => Array.from({ length: width }, (_, at) => black[line[at] ?? " "]?.[half] ?? 255)),
  );
  const height = lines.length * 2;
  return sharp(Buffer.from(pixels), { raw: { width, height, channels: 1 } })
    .resize(width * PIXELS_PER_SQUARE, height * PIXELS_PER_SQUARE, { kernel: "nearest" })
    .png()
    .toBuffer();
}

describe("an authenticator app", () => {
  test("reads the address from both QR codes", async () => {
    const { begun } = await begin("анна");
    const svg = await sharp(Buffer.from(begun.qr_svg), { density: 72 * PIXELS_PER_SQUARE })
      .png()
      .toBuffer();
    expect(await zbarimg("svg.png", svg)).toBe(begun.uri);
    expect(await zbarimg("terminal.png", await photograph(begun.qr_terminal))).toBe(begun.uri);
    expect(new URL(begun.uri).searchParams.get("secret")).toBe(begun.secret);
  });

  test("makes codes that are taken, each once", async () => {
    const { cookie, begun } = await begin("ann");
    const confirmed = await ask("/auth/otp/confirm", { otp: await oathtool(begun.secret) }, cookie);
    expect(confirmed.json).toMatchObject({ recovery_codes: expect.any(Array) });
    const otp = await oathtool(begun.secret, "now + 30 seconds");
    const login = () => ask("/auth/login", { login: "ann", password: PASSWORD, otp });
    expect((await login()).status).toBe(200);
    expect((await login()).json).toMatchObject({ error: { code: "OTP_INVALID" } });
  });
});
