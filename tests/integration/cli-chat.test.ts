import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FILE_TEXT_MAX_CHARS } from "#contract/limits.ts";
import { makeDocx, makePdf } from "#engine/testing/make-documents.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { freePorts } from "./free-ports.ts";
import { startTestServer } from "./start-test-server.ts";
import { createCliHome, jsonLines, type CliHome } from "./cli-process.ts";

let pipit: CliHome;
let owned: AsyncDisposableStack;
beforeEach(async () => {
  owned = new AsyncDisposableStack();
  pipit = owned.use(await createCliHome());
});
afterEach(() => owned.disposeAsync());

/**
 * Runs a server of the home beside what is typed, as another program of the person does, with this model or the built-in
 * one: for what is not about the server that a command starts, which is half of its time.
 */
async function serve(modelUrl?: string): Promise<void> {
  const ollamaUrl = "http://127.0.0.1:9";
  const config = modelUrl === undefined ? {} : { model: { url: modelUrl, ollamaUrl } };
  owned.use(await startTestServer({ home: pipit.home, config }));
}

describe("pipit chat --once", () => {
  test("starts its own server, signs in to the local account and answers", async () => {
    const { code, stdout, stderr } = await pipit.run(["chat", "--once", "what can you do?", "--no-audio"]);
    expect(stderr).not.toMatch(/error|pipit:/i);
    expect(code).toBe(0);
    expect(stdout).toMatch(/language model/);
  });

  test("prints the events of an answer in order as JSON lines", async () => {
    await serve();
    const { code, stdout } = await pipit.runHere(["chat", "--once", "what is 6*7?", "--no-audio", "--json"]);
    const lines = jsonLines(stdout);
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({ type: "turn", replayed: false });
    expect(lines.at(-2)).toMatchObject({ type: "end" });
    expect(lines.at(-1)).toMatchObject({ type: "result", status: "done" });
    const answer = lines.map((line) => (line["type"] === "text" ? String(line["text"]) : "")).join("");
    expect(answer).toContain("42");
    expect(new Set(lines.map((line) => line["messageId"])).size).toBe(1);
  });

  test("streams token by token from a language model, and an interrupt stops the model", async () => {
    const held = gate();
    await using model = await startOpenAiDouble(stream(say("one ", "two "), held.step, say("three")));
    const run = pipit.start(["chat", "--once", "count", "--no-audio"], {
      env: { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0" },
    });
    await run.printed(/one two /);
    run.child.kill("SIGINT");
    expect(await (await model.request(0)).over).toBe("aborted");
    const { code, stdout, stderr } = await run.result;
    expect(code).toBe(130);
    expect(stdout).not.toContain("three");
    expect(stderr).toContain("(stopped)");
  });

  test("F4: --json escapes what controls a terminal, and means the same", async () => {
    const evil = "\u001B]0;T\u0007\u009B2J\u202E";
    await using model = await startOpenAiDouble(stream(say("x", evil)));
    await serve(model.url);
    const { stdout, stderr } = await pipit.runHere(["chat", "--once", "hi", "--no-audio", "--json"]);
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
    const texts = jsonLines(stdout).filter((line) => line["type"] === "text");
    expect(texts.map((line) => line["text"]).join("")).toBe(`x${evil}`);
  });

  test("U4, U16: goes on with a chat and takes standard input along", async () => {
    await using model = await startOpenAiDouble(stream(say("Noted.")));
    await serve(model.url);
    const seen = (index: number): string => JSON.stringify(model.requests[index]?.messages);
    await pipit.runHere(["chat", "--once", "my bird is Pip", "--no-audio", "--save"]);
    // U12: without --save a chat is temporary, so the newest one is another.
    await pipit.runHere(["chat", "--once", "my fish is Wanda", "--no-audio"]);
    await pipit.runHere(["chat", "--once", "what is it?", "--no-audio", "--continue"], { input: "a log\n" });
    expect(model.requests[2]?.prompt).toBe("what is it?\n\n```\na log\n```");
    expect(seen(2)).toContain("my bird is Pip");
    const { stdout, stderr, code } = await pipit.runHere(["chat", "--no-audio"], {
      input: "/chats\n/open 1\nand now?\n/new\nalone?\n/open nonsense\n/temporary\nin passing\n/chats\n",
    });
    expect(seen(5)).toContain("in passing");
    expect(seen(5)).not.toContain("alone?");
    expect(stdout).toMatch(/ 1 {2}[\d-]+ [\d:]+ {2}alone\? {2}/u);
    expect(stdout).not.toMatch(/ {2}in passing {2}/u);
    expect(stdout).toMatch(/ 1 {2}[\d-]+ [\d:]+ {2}my bird is Pip {2}[0-9a-f]{8}\n/);
    expect(stdout).not.toContain("Wanda");
    expect([code, seen(3).includes("my bird is Pip"), seen(4).includes("my bird is Pip")]).toEqual([
      0,
      true,
      false,
    ]);
    expect(stderr).toContain('There is no chat "nonsense"');
    const missing = await pipit.runHere(["chat", "--once", "x", "--no-audio", "--chat", "nonsense"]);
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no chat "nonsense"'),
    });
  });

  test("sends a picture and files to the model, as flags and as typed lines", async () => {
    await using model = await startOpenAiDouble(stream(say("A small picture.")));
    const file = join(pipit.home, "dot.png");
    const png =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
    await writeFile(file, Buffer.from(png, "base64"));
    await serve(model.url);
    const args = ["chat", "--once", "what is this?", "--no-audio", "--image", file];
    const { code, stderr } = await pipit.runHere(args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(model.requests[0]?.images).toHaveLength(1);
    const place = (name: string) => join(pipit.home, name);
    await writeFile(place("a b.pdf"), makePdf(["A PDF about fish."]));
    await writeFile(place("c.docx"), makeDocx(["A document about birds."]));
    await writeFile(place("long.log"), "x".repeat(FILE_TEXT_MAX_CHARS + 1));
    const files = ["--file", place("a b.pdf"), "--file", place("long.log")];
    const flagged = await pipit.runHere(["chat", "--once", "what is it?", "--no-audio", ...files]);
    expect(flagged).toMatchObject({ code: 0, stderr: expect.stringContaining("long.log: the first 200000") });
    const asked = (index: number) => JSON.stringify(model.requests[index]?.messages.at(-1)?.content);
    expect(asked(1)).toMatch(/name=[\\"]+a b\.pdf[^]*A PDF about fish\.[^]*xxx[^]*what is it\?"$/u);
    const lines = [
      `/file '${place("a b.pdf")}'`,
      "/file -",
      `/file ${place("c.docx")}`,
      "/file",
      "/file /no",
      "and it?",
    ];
    const typed = await pipit.runHere(["chat", "--no-audio"], { input: `${lines.join("\n")}\n/history\n` });
    expect(typed.stderr).toContain("Cannot attach /no");
    expect(typed.stdout).toMatch(
      /a b\.pdf: 1 pages, 17 char[^]*No file goes[^]*(?:c\.docx: 25 char[^]*){2}and it\? \[c\.docx\]/u,
    );
    expect(asked(2)).toMatch(/A document about birds\.[^]*and it\?"$/u);
    expect(asked(2)).not.toContain("fish");
  });

  test("keeps the message and exits with 4 when the named server is unreachable, and sends it later", async () => {
    const port = await freePorts(2);
    const serverHome = await mkdtemp(join(tmpdir(), "pipit-named-"));
    const config = {
      http: { host: "127.0.0.1", port: port[0] ?? 0 },
      grpc: { host: "127.0.0.1", port: port[1] ?? 0 },
    };
    const env = { PIPIT_SERVER_URL: `http://127.0.0.1:${port[0]}`, PIPIT_GRPC_URL: `127.0.0.1:${port[1]}` };
    try {
      const stranger = await pipit.runHere(["chat", "--once", "hello", "--no-audio"], { env });
      // U15: what is to be cured first is said first.
      expect(stranger).toMatchObject({ code: 4, stderr: expect.stringMatching(/No Pipit server answers/) });
      {
        await using server = await startTestServer({ home: serverHome, config });
        const { stdout } = await pipit.runHere(["chat", "--no-audio"], {
          env,
          input: `/login ${server.accessToken}\n`,
        });
        expect(stdout).toMatch(/Signed in as (?![0-9a-f]{8}-)\S+\./);
      }
      const away = await pipit.runHere(["chat", "--once", "what is 6*7?", "--no-audio"], { env });
      expect(away).toMatchObject({ code: 4, stdout: "" });
      expect(away.stderr).toMatch(/No Pipit server answers[^]*The message is kept/);
      await using back = await startTestServer({ home: serverHome, config });
      expect(back.httpUrl).toBe(env.PIPIT_SERVER_URL);
      const later = await pipit.runHere(["chat", "--no-audio"], { env });
      expect(later.stderr).toContain("Sending 1 message that waited.");
      expect(later).toMatchObject({ code: 0, stdout: expect.stringContaining("42") });
    } finally {
      await rm(serverHome, { recursive: true, force: true });
    }
  });
});

test("U15: the doctor speaks Russian to Russian readers, and keeps the names of --json", async () => {
  const env = {
    LANG: "ru_RU.UTF-8",
    DISPLAY: "",
    PULSE_SERVER: "unix:/nowhere",
    ALSA_CONFIG_PATH: "/dev/null",
  };
  await serve();
  const { stdout } = await pipit.runHere(["doctor"], { env });
  expect(stdout).toMatch(/✔ сервер +работает: http[^]*✔ вход +работает: [^]*локальная учётная запись/);
  // Three words in a row are a sentence that nobody translated; the keychain tells its own reason.
  const own = stdout.split("\n").filter((line) => !/^. ключи /.test(line));
  expect(own.filter((line) => /[a-z]+ [a-z]+ [a-z]+/i.test(line))).toEqual([]);
  expect(stdout).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
});

test("U15: what fails is told in Russian to Russian readers, in a chat and before one", async () => {
  const env = { LANG: "ru_RU.UTF-8", PIPIT_SERVER_URL: "http://127.0.0.1:9" };
  const away = await pipit.runHere(["chat", "--once", "hi", "--no-audio"], { env });
  expect(away.stderr).toMatch(/^pipit: Сервер недоступен\..*\(No Pipit server answers/m);
  const wrong = await pipit.runHere(["chat"], { env: { ...env, PIPIT_SERVER_URL: "ftp://x" } });
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^pipit: Одна из настроек неверна\./),
  });
});

describe("bad input", () => {
  test.each([
    [["chat", "--bogus"], /unknown option '--bogus'/],
    [["nonsense"], /unknown command 'nonsense'/],
    [["auth", "bogus"], /unknown command 'bogus'/],
    [["chat", "--once", "x", "--continue", "--chat", "1"], /cannot be used with/],
    [["chat", "--once", "  "], /The message is empty/],
    [["chat", "--json"], /--json .* use it with --once/],
    [["chat", "--once", "x", "--image", "/no/such.png"], /there is no such file/],
    [["chat", "--once", "x", "--image", "/dev/null"], /not a JPEG, PNG or WebP picture/],
    [["chat", "--once", "x", "--file", "/dev/null"], /Cannot attach \/dev\/null/],
    [["serve", "--bogus"], /--bogus/],
  ])("%j is refused by name", async (args, message) => {
    const { code, stderr } = await pipit.runHere(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([1, 2]).toContain(code);
  });

  test("a broken config.toml is named", async () => {
    await writeFile(join(pipit.home, "config.toml"), "server_url = 'nonsense'");
    const { code, stderr } = await pipit.runHere(["chat", "--once", "x"]);
    expect(code).toBe(2);
    expect(stderr).toContain("PIPIT_SERVER_URL must be an http or https address");
  });

  test("a home that cannot be made is named, with the cure", async () => {
    const file = join(pipit.home, "file");
    await writeFile(file, "");
    const env = { PIPIT_HOME: join(file, "home") };
    const { code, stderr } = await pipit.runHere(["chat", "--once", "x"], { env });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^pipit: \S+file.home\S* cannot be used \(ENOTDIR\)\. Check .* PIPIT_HOME\.$/m),
    ]);
  });

  test("a message over the limit is refused with the limit", async () => {
    await serve();
    const { code, stderr } = await pipit.runHere(["chat", "--no-audio"], {
      input: `${"x".repeat(262_145)}\n`,
    });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/262,?144/);
  });
});

describe("pipit chat in a pipe", () => {
  test("answers each line and runs slash commands", async () => {
    await serve();
    const { code, stdout, stderr } = await pipit.runHere(["chat", "--no-audio"], {
      input: "my bird is called Pipit\nwhat is 2+3?\n/history\n/search bird\n/nonsense\n/audio\n/quit\n",
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("5");
    expect(stdout).toContain("you: what is 2+3?");
    expect(stdout).toContain("my bird is called Pipit");
    expect(stdout).toContain("Usage: /audio on|off");
    expect(stderr).toContain("There is no command /nonsense");
  });

  test("F1, U4: what the model refused can be asked again, changed and dropped, by its number", async () => {
    const refusal = JSON.stringify({ error: { message: "Invalid schema." } });
    const headers = { "content-type": "application/json" };
    let refused = 2;
    await using model = await startOpenAiDouble(({ prompt }) =>
      prompt.startsWith("bad") && refused-- > 0
        ? { kind: "http", status: 400, headers, body: refusal }
        : stream(say(`Answer to ${prompt}.`)),
    );
    await serve(model.url);
    const { code, stdout, stderr } = await pipit.runHere(["chat", "--no-audio"], {
      input:
        "bad one\nbad two\ngood\n/queue\n/retry\n/retry 3\n/retry 1\n/edit 1 better\n/queue\n/drop\n/quit\n",
    });
    expect(stdout).toContain("Answer to good.");
    expect(stdout).toMatch(/1\. bad one\n.*Invalid schema[^]*2\. bad two\n +not answered, for the same/);
    expect(stdout).toContain("Usage: /retry [n]");
    expect(stderr).toContain("There is no message of that number; /queue lists 2.");
    expect(stdout).toMatch(/Answer to bad one\.[^]*Answer to better\.[^]*Every message is answered\./);
    expect(model.requests.map(({ prompt }) => prompt)).toEqual([
      "bad one",
      "bad two",
      "good",
      "bad one",
      "better",
    ]);
    expect(code).toBe(0);
  });

  test("F14: /model lists and checks the models, --model asks one of them", async () => {
    await serve();
    const { stdout } = await pipit.runHere(["chat", "--no-audio"], {
      input: "/model\n/model nobody\n/model built-in\n/quit\n",
    });
    expect(stdout).toContain("* built-in");
    expect(stdout).toContain("There is no model nobody.");
    expect(stdout).toContain("built-in answers from now on.");
    const refused = await pipit.runHere([
      "chat",
      "--once",
      "what is 2+3?",
      "--no-audio",
      "--model",
      "nobody",
    ]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('There is no model "nobody" here. There are: built-in.');
  });

  test("a logout blocks sending until the next login, also after a restart", async () => {
    await serve();
    const first = await pipit.runHere(["chat", "--no-audio"], { input: "/logout\nhello\n" });
    expect(first.stdout).toContain("Signed out.");
    expect(first.stderr).toContain("You are not signed in");
    const second = await pipit.runHere(["chat", "--once", "hello", "--no-audio"]);
    expect(second.code).toBe(3);
    const third = await pipit.runHere(["chat", "--no-audio"], { input: "/login\nwhat is 1+1?\n" });
    expect(third.stdout).toMatch(/Signed in as .*\n[^]*2/);
    expect(third.code).toBe(0);
  });

  test("a token given by hand is used and never shown again", async () => {
    await serve();
    const forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ.";
    const { stdout, stderr } = await pipit.runHere(["chat", "--no-audio"], {
      input: `/logout\n/login ${forged}\nhello\n`,
    });
    expect(stdout + stderr).not.toContain(forged);
    expect(stderr).toMatch(/sign|token/i);
    const log = await readFile(join(pipit.home, "client.log"), "utf8").catch(() => "");
    expect(log).not.toContain(forged);
  });
});

describe("a server that goes away", () => {
  test("in the middle of an answer: the answer is asked for again and printed once", async () => {
    const held = gate();
    await using model = await startOpenAiDouble([
      stream(say("The answer ", "is "), held.step, say("lost.")),
      stream(say("The answer ", "is ", "forty-two.")),
    ]);
    const run = pipit.start(["chat", "--once", "tell me", "--no-audio"], {
      env: { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0" },
    });
    await run.printed(/The answer is /);
    const runtime = JSON.parse(await readFile(join(pipit.home, "server", "runtime.json"), "utf8")) as {
      pid: number;
    };
    process.kill(runtime.pid, "SIGKILL");
    const { code, stdout } = await run.result;
    expect(stdout).toBe("The answer is forty-two.\n");
    expect(code).toBe(0);
    expect(model.requests).toHaveLength(2);
  });

  test("a damaged database is kept aside, told, and the conversation goes on", async () => {
    await pipit.run(["chat", "--once", "what is 1+1?", "--no-audio"]);
    await writeFile(join(pipit.home, "server", "pipit.db"), Buffer.alloc(8192, 0x55));
    const { code, stdout, stderr } = await pipit.run(["chat", "--once", "what is 2+5?", "--no-audio"]);
    expect(stderr).toMatch(/database was damaged and is kept as \S+pipit\.db\.corrupt-/);
    expect(stdout).toContain("7");
    expect(code).toBe(0);
  });

  test("a foreign program on the default port is not taken for ours", async () => {
    const foreign = createServer((socket) => socket.destroy());
    const free = await new Promise<boolean>((resolve) => {
      foreign.once("error", () => resolve(false));
      foreign.listen(8787, "127.0.0.1", () => resolve(true));
    });
    try {
      const { code } = await pipit.run(["chat", "--once", "what is 1+1?", "--no-audio"]);
      expect(code).toBe(0);
    } finally {
      if (free) foreign.close();
    }
  });
});
