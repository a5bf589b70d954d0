import { once } from "node:events";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, test, vi } from "vitest";
import { Health, HealthCheckResponse_ServingStatus } from "#proto/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "#proto/grpc/reflection/v1/reflection_pb.ts";
import { RequestPhase } from "#proto/streaming_pb.ts";
import { faults, gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { statusName, WireClient, wireText } from "#tests/doubles/wire-client.ts";
import { startTestServer } from "../start-test-server.ts";
import { asked, hasText, reasonOf } from "./streaming-stage.ts";

const WAIT = { timeout: 30_000, interval: 20 };

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
  const one = asked("One");
  const running = [client.stream(one), client.stream(asked("Two"))];
  for (const call of running) await call.until(hasText("Half "));

  const dictated = { hardwareId: "mac", sessionId: "dictated", speak: false };
  const piece = { ...dictated, phase: RequestPhase.COLLECT, chunkSeq: 1, chunkText: "Three" };
  await client.stream(piece).status;
  const commit = { ...dictated, phase: RequestPhase.COMMIT };
  const refused = await client.stream(commit).status;
  expect(statusName(refused.code)).toBe("RESOURCE_EXHAUSTED");
  expect(reasonOf(refused).reason).toBe("STREAM_LIMIT");
  expect(decodeURIComponent(refused.details)).toContain(`2 answers are running ${whose}`);
  expect(Number(refused.metadata.get("retry-after-ms")[0])).toBeGreaterThan(0);
  expect(model.requests).toHaveLength(2);
  expect(statusName((await client.welcome({ text: "Hello." }).status).code)).toBe("RESOURCE_EXHAUSTED");
  const rejoined = client.stream(one);
  await rejoined.until(hasText("Half "));
  rejoined.cancel();

  // The server learns of the cancel a moment after the client.
  running[0]?.cancel();
  const third = await vi.waitUntil(async () => {
    const call = client.stream(commit);
    const heard = await Promise.race([call.until(hasText("Half ")).then(() => true), call.status]);
    return heard === true ? call : undefined;
  }, WAIT);
  open();
  expect(statusName((await third.status).code)).toBe("OK");
  expect(wireText(third.messages)).toBe("Half whole.");
  expect(model.requests.at(-1)?.prompt).toBe("Three");
});

test("S6: all addresses of one IPv6 network have the places of one, at the page's door too", async () => {
  await using model = await startOpenAiDouble(faults.hangHalfWay);
  await using server = await startTestServer({
    config: {
      answersPerAddress: 1,
      trustedProxies: ["127.0.0.1"],
      model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" },
    },
  });
  const hungUp = new AbortController();
  const askFrom = async (address: string): Promise<string> => {
    const json = JSON.stringify({ prompt: "Hi", hardwareId: "mac", speak: false });
    const envelope = Buffer.concat([Buffer.from([0, 0, 0, 0, Buffer.byteLength(json)]), Buffer.from(json)]);
    const answer = await fetch(`${server.httpUrl}/streaming.StreamingService/StreamAudio`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${server.accessToken}`,
        "content-type": "application/connect+json",
        "x-forwarded-for": address,
        "x-forwarded-proto": "https",
      },
      body: envelope,
      signal: hungUp.signal,
    });
    // Not a loop: to leave it would hang up.
    const reader = answer.body?.getReader();
    let heard = "";
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      heard += Buffer.from(piece.value).toString();
      if (heard.includes("Half ")) return "answered";
    }
    return heard;
  };
  expect(await askFrom("2001:db8:1:1::1")).toBe("answered");
  expect(await askFrom("2001:db8:1:1::2")).toContain("STREAM_LIMIT");
  expect(await askFrom("2001:db8:1:2::1")).toBe("answered");
  hungUp.abort();
});

test("W4, S6: streams of health and reflection have so many places, and one that is cancelled frees its own", async () => {
  await using server = await startTestServer();
  const transport = createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` });
  const health = createClient(Health, transport);
  const { serverReflectionInfo } = createClient(ServerReflection, transport);
  const gone = new AbortController();
  // To leave the loop over a stream would not cancel it: connect's client goes on listening.
  const watch = async ({ signal }: AbortController): Promise<Code | undefined> => {
    try {
      for await (const _ of health.watch({}, { signal })) return;
    } catch (error) {
      const { code, metadata } = ConnectError.from(error);
      expect(Number(metadata.get("retry-after-ms"))).toBeGreaterThan(0);
      return code;
    }
    throw new Error("The watch has ended.");
  };
  const ask = async function* () {
    yield { messageRequest: { case: "listServices", value: "" } } as const;
    await once(gone.signal, "abort");
  };
  const first = new AbortController();
  expect(await watch(first)).toBeUndefined();
  for (let open = 1; open < 99; open++) expect(await watch(gone)).toBeUndefined();
  const reflected = serverReflectionInfo(ask(), { signal: gone.signal })[Symbol.asyncIterator]();
  expect((await reflected.next()).done).toBe(false);
  expect(await watch(gone)).toBe(Code.ResourceExhausted);
  await expect(serverReflectionInfo(ask())[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: Code.ResourceExhausted,
  });
  // One question about the health needs no place.
  expect(await health.check({})).toMatchObject({ status: HealthCheckResponse_ServingStatus.SERVING });

  first.abort();
  await expect.poll(async () => (await watch(gone)) === undefined, WAIT).toBe(true);
  gone.abort();
});
