import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createPromptConsents } from "./prompt-consents.ts";
import { openDesktopFiles } from "../shell/settings-file.ts";

test("one question at a time: the same prompt waits for its answer, another is refused unasked; what was allowed outlives the app", async () => {
  const home = await mkdtemp(join(tmpdir(), "pipit-consents-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const asked: string[] = [];
  const answer = Promise.withResolvers<boolean>();
  const open = async () =>
    createPromptConsents((await openDesktopFiles(home, createFakeLogger())).consents, async ({ name }) => {
      asked.push(name);
      return await answer.promise;
    });
  const one = { name: "one", text: "{clipboard}" };
  const consents = await open();
  const both = Promise.all([consents.allows(one), consents.allows(one)]);
  expect(await consents.allows({ name: "two", text: "{clipboard}" })).toBe(false);
  answer.resolve(true);
  expect(await both).toEqual([true, true]);
  expect(await (await open()).allows(one)).toBe(true);
  expect(asked).toEqual(["one"]);
});
