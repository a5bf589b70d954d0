import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { createCliHome, type CliHome } from "#tests/integration/cli-process.ts";
import { openScreen } from "#tests/testing/terminal-screen.ts";

let pipit: CliHome;
beforeEach(async () => {
  pipit = await createCliHome();
});
afterEach(() => pipit[Symbol.asyncDispose]());

describe("the conversation in a terminal", () => {
  test("U9: greets, answers, recalls, keeps the line after one Ctrl-C, and leaves", async () => {
    await using screen = await openScreen(pipit.home, {});
    await screen.shows(/Pipit is listening/);
    await screen.type("what is 6*7?", "Enter");
    await screen.shows(/6\*7 = 42\n+›/);
    await screen.type("Up");
    await screen.shows(/› what is 6\*7\?\s*$/);
    await screen.type("C-c");
    await screen.shows(/Press Ctrl-C again to leave\.\n+› what is 6\*7\?\s*$/);
    await screen.type("C-u", "/quit", "Enter");
    await screen.shows(/Bye\.\s+exit=0/);
  });

  test("Ctrl-C stops the answer, says what can be done with a message that waits, and twice leaves with 130", async () => {
    const held = gate();
    const busy = { kind: "http", status: 429, headers: { "retry-after": "600" }, body: "{}" } as const;
    await using model = await startOpenAiDouble([
      stream(say("one ", "two "), held.step, say("three")),
      busy,
      busy,
      busy,
    ]);
    await using screen = await openScreen(pipit.home, {
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
    });
    await screen.shows(/Pipit is listening/);
    await screen.type("count", "Enter");
    await screen.shows(/one two/);
    await screen.type("C-c");
    await screen.shows(/\(stopped\)\n+›/);
    expect(await (await model.request(0)).over).toBe("aborted");
    await screen.type("again", "Enter");
    await screen.shows(/The message is kept and asked again at[^]*\n+›/);
    await screen.type("C-c");
    await screen.shows(/\/drop \[n\] removes\s+it\.\n+Press Ctrl-C again to leave\./);
    await screen.type("C-c");
    await screen.type("C-c");
    await screen.shows(/exit=130/);
  });

  test("Markdown is rendered while it comes, and redrawn in its place", async () => {
    const held = gate();
    const table = "| A | B |\n|---|---|\n| one | 2 |\n";
    await using model = await startOpenAiDouble(
      stream(say("# Head\n\nSome **bo"), held.step, say(`ld** text.\n\n${table}`, "| longer | 3 |\n\nEnd.")),
    );
    await using screen = await openScreen(pipit.home, {
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
    });
    await screen.shows(/Pipit is listening/);
    await screen.type("hi", "Enter");
    await screen.shows(/\n *Head\n\nSome bo\n/);
    held.open();
    await screen.shows(
      /› hi\nHead\n\nSome bold text\.\n\nA {6}│ B\n─{7}┼─{2}\none {4}│ 2\nlonger │ 3\n\nEnd\.\n+›/,
    );
  });

  test("F2, U4, CMR-D2: a refused message lets the next one go, is there after a restart, and can be dropped", async () => {
    const refusal = JSON.stringify({ error: { message: "Invalid schema for function 'x'." } });
    await using model = await startOpenAiDouble((request) =>
      request.prompt === "bad"
        ? { kind: "http", status: 400, headers: { "content-type": "application/json" }, body: refusal }
        : stream(say("Fine.")),
    );
    const env = { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0" };
    {
      await using screen = await openScreen(pipit.home, env);
      await screen.shows(/Pipit is listening/);
      await screen.type("bad", "Enter");
      await screen.shows(/Invalid schema/);
      await screen.type("good", "Enter");
      await screen.shows(/› good\nFine\./);
      await screen.type("/quit", "Enter");
      await screen.shows(/exit=0/);
    }
    await using screen = await openScreen(pipit.home, env);
    await screen.shows(/1 message was not answered; \/queue/);
    await screen.type("/queue", "Enter");
    await screen.shows(/1\. bad\n +not answered: .*Invalid schema/);
    await screen.type("/drop", "Enter");
    await screen.shows(/Removed\./);
    await screen.type("/queue", "Enter");
    await screen.shows(/Every message is answered\./);
    expect(model.requests.filter(({ prompt }) => prompt === "bad")).toHaveLength(1);
  });

  test("F23: three pasted lines are one question", async () => {
    await using model = await startOpenAiDouble(stream(say("Three.")));
    await using screen = await openScreen(pipit.home, {
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
    });
    await screen.shows(/Pipit is listening/);
    await screen.paste("one\ntwo\nthree");
    await screen.shows(/› one↵two↵three/);
    await screen.type("Enter");
    await screen.shows(/Three\.\n+›/);
    expect(model.requests.map(({ prompt }) => prompt)).toEqual(["one\ntwo\nthree"]);
  });

  test("U6: regenerated twice, changed once, switched back: the model gets what is shown", async () => {
    const texts = ["Two.", "Two again.", "Two once more.", "Zwei.", "Three."];
    await using model = await startOpenAiDouble(texts.map((text) => stream(say(text))));
    await using screen = await openScreen(pipit.home, {
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
    });
    const seen = () =>
      (model.requests.at(-1)?.messages ?? [])
        .filter(({ role }) => role !== "system")
        .map(({ content }) => content);
    await screen.shows(/Pipit is listening/);
    await screen.type("Second?", "Enter");
    await screen.shows(/Two\.\n+›/);
    await screen.type("/again", "Enter");
    await screen.shows(/2\/2 at this place.*\n+Two again\.\n+›/);
    await screen.type("/again", "Enter");
    await screen.shows(/3\/3 at this place.*\n+Two once more\.\n+›/);
    expect(seen()).toEqual(["Second?"]);
    await screen.type("/edit 2 in German?", "Enter");
    await screen.shows(/4\/4 at this place.*\n+Zwei\.\n+›/);
    expect(seen()).toEqual(["2 in German?"]);
    await screen.type("/branch 2", "Enter");
    await screen.shows(/2\/4 at this place.*\n+you: Second\?\n+pipit:\s+Two again\.\n+›/);
    await screen.type("Third?", "Enter");
    await screen.shows(/Three\.\n+›/);
    expect(seen()).toEqual(["Second?", "Two again.", "Third?"]);
    await screen.type("/branch 9", "Enter");
    await screen.shows(/There are 4 at this place/);
  });

  test("U15: an answer that comes while a line is being typed stands above it, and the line stays", async () => {
    const busy = { kind: "http", status: 429, headers: { "retry-after": "0" }, body: "{}" } as const;
    const code = "# Late\n\nIt **came**.\n";
    await using model = await startOpenAiDouble([busy, busy, busy, stream(say(code))]);
    await using screen = await openScreen(pipit.home, {
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
    });
    await screen.shows(/Pipit is listening/);
    await screen.type("early", "Enter");
    await screen.shows(/The message is kept[^]*\n+›/);
    // Longer than the screen is wide.
    const typed = `${"long ".repeat(25)}line`;
    await screen.type(typed);
    await screen.shows(/\n *Late\n\n *It came\.\n+› (?:long ){10}/);
    await screen.type("!", "Left", "Left", "BSpace");
    await screen.shows(/It came\.\n+› (?:long ){19}lon\ng (?:long ){5}lie!\s*$/);
  });

  test("[16] shows above the prompt what other devices do to the open chat: its name, what is said there, its end", async () => {
    await using model = await startOpenAiDouble(["One.", "Two."].map((text) => stream(say(text))));
    const env = { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0" };
    await using screen = await openScreen(pipit.home, env);
    await screen.shows(/Pipit is listening/);
    await screen.type("Do herons nest?", "Enter");
    await screen.shows(/One\.\n+›/);
    await screen.type("half a thought");
    await screen.shows(/› half a thought\s*$/);
    const done = { code: 0 };
    const { stdout } = await pipit.run(["chats", "list"]);
    const chat = stdout.slice(0, 8);
    expect(await pipit.run(["chats", "rename", chat, "Grey heron"])).toMatchObject(done);
    await screen.shows(/\(This chat is called "Grey heron" now\.\)\n+› half a thought\s*$/);
    const ask = ["chat", "--chat", chat, "--once", "And bitterns?", "--no-audio"];
    expect(await pipit.run(ask, { env })).toMatchObject({ ...done, stdout: "Two.\n" });
    await screen.shows(/\nyou: And bitterns\?\npipit:\n+Two\.\n+› half a thought\s*$/);
    expect(await pipit.run(["chats", "delete", chat])).toMatchObject(done);
    const shown = await screen.shows(/This chat was deleted on another device[^]*\n+› half a thought\s*$/);
    expect(shown.match(/One\.|Two\.|Grey heron/gu)).toEqual(["One.", "Grey heron", "Two."]);
  });

  test("does not mix what is typed into a streaming answer", async () => {
    const held = gate();
    await using model = await startOpenAiDouble([
      stream(say("one "), held.step, say("two")),
      stream(say("three")),
    ]);
    await using screen = await openScreen(pipit.home, {
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
    });
    await screen.shows(/Pipit is listening/);
    await screen.type("count", "Enter");
    await screen.shows(/one/);
    await screen.type("next question", "Enter", "and more");
    held.open();
    await screen.shows(/one two\n+› next question\nthree\n+› and more/);
  });
});
