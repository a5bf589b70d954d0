import { expect, test } from "vitest";
import { streamWithUsage, say } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { createCliHome } from "#tests/integration/cli-process.ts";
import { startTestServer } from "#tests/integration/start-test-server.ts";

test("pipit usage tells the tokens of the account by day or model, its limits, and that there are none left", async () => {
  await using pipit = await createCliHome();
  const cost = { inputTokens: 1200, outputTokens: 34 };
  await using model = await startOpenAiDouble(streamWithUsage(cost, say("Hello.")));
  const config = { model: { url: model.url, ollamaUrl: "http://127.0.0.1:9" }, tokensPerDay: 1000 };
  await using server = await startTestServer({ home: pipit.home, config });
  expect(server.accessToken).not.toBe("");
  expect(await pipit.runHere(["usage"])).toMatchObject({ code: 0, stdout: "" });
  expect((await pipit.runHere(["chat", "--once", "Hi", "--no-audio"])).code).toBe(0);
  const told = await pipit.runHere(["usage", "--by", "model"]);
  expect(told).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("double  1,200 in  34 out  1 answers\n"),
  });
  expect(told.stderr).toContain("Today: 1,234 of 1,000; more on ");
  const json = await pipit.runHere(["usage", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ total: { inputTokens: 1200, outputTokens: 34 } });
  const refused = await pipit.runHere(["chat", "--once", "And now?", "--no-audio"], {
    env: { LANG: "ru_RU.UTF-8" },
  });
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining("Токены этой учётной записи израсходованы."),
  ]);
  expect(await pipit.runHere(["usage", "--from", "yesterday"])).toMatchObject({ code: 1 });
});
