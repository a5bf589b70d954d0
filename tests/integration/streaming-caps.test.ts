import { expect, test } from "vitest";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { statusName, WireClient, wireText } from "#tests/doubles/wire-client.ts";
import { startTestServer } from "./start-test-server.ts";
import { asked, hasText, reasonOf } from "./streaming-stage.ts";

test.each([
  ["W4: answers of one account", { answersPerAccount: 2, answersPerAddress: 200 }, "for this account"],
  ["S6: answers of one network address", { answersPerAccount: 20, answersPerAddress: 2 }, "for this address"],
])("%s: one too many is told to wait, and has a place when another has ended", async (_, caps, whose) => {
  const { step, open } = gate();
  await using model = await startOpenAiDouble(stream(say("Half "), step, say("whole.")));
  await using server = await startTestServer({
    config: { ...caps, model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" } },
  });
  using client = new WireClient(server.grpcUrl, server.accessToken);
  const running = [client.stream(asked("One")), client.stream(asked("Two"))];
  for (const call of running) await call.until(hasText("Half "));

  const refused = await client.stream(asked("Three")).status;
  expect(statusName(refused.code)).toBe("RESOURCE_EXHAUSTED");
  expect(reasonOf(refused).reason).toBe("STREAM_LIMIT");
  expect(decodeURIComponent(refused.details)).toContain(`2 answers are running ${whose}`);
  expect(Number(refused.metadata.get("retry-after-ms")[0])).toBeGreaterThan(0);
  expect(model.requests).toHaveLength(2);

  running[0]?.cancel();
  await running[0]?.status;
  const third = client.stream(asked("Three"));
  open();
  expect(statusName((await third.status).code)).toBe("OK");
  expect(wireText(third.messages)).toBe("Half whole.");
});
