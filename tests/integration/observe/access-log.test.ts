import { createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { expect, test } from "vitest";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { createRecordingLogger, type RecordingLogger } from "#server/testing/temporary-store.ts";
import { openAuthStage, PASSWORD } from "#tests/testing/auth/auth-stage.ts";
import { doors } from "#tests/testing/auth/doors.ts";
import { openEvents, wsTokenOf } from "#tests/testing/event-client.ts";

function linesOf(logger: RecordingLogger) {
  return logger.lines.filter(({ event }) => event === "access").map(({ fields }) => fields);
}

async function ask(transport: ReturnType<typeof createGrpcTransport>, token: string): Promise<unknown> {
  const client = createClient(StreamingService, transport);
  const headers = { authorization: `Bearer ${token}` };
  const question = { prompt: "What time is it?", hardwareId: "machine" };
  return Array.fromAsync(client.streamAudio(question, { headers })).catch((error: unknown) => error);
}

test("every request has a line with what an operator needs, whatever way it came, and no secret of anybody's", async () => {
  const logger = createRecordingLogger();
  await using stage = await openAuthStage("SQLite", logger, { accessLogShare: 1 });
  await stage.addAccount({ id: "ann" });
  const secrets: string[] = [PASSWORD, "prompt-in-the-address", "code-in-the-address", "What time is it?"];
  for (const [path, enter] of Object.entries(doors)) {
    const otp = await stage.addSecondFactor("ann");
    const token = await enter(stage.server, { login: "ann", password: PASSWORD, otp });
    expect([path, token]).toEqual([path, expect.any(String)]);
    secrets.push(otp, ...(token ? [token] : []));
  }
  const otp = await stage.addSecondFactor("ann");
  const { accessToken, refreshToken } = await stage.signIn("ann", { otp });
  secrets.push(otp, accessToken, refreshToken);
  const address = "198.51.100.7";
  const bearer = { authorization: `Bearer ${accessToken}`, "x-forwarded-for": address };
  expect((await stage.get("/auth/me?code=code-in-the-address", bearer)).status).toBe(200);
  await stage.get(`/oauth/authorize?client_id=x&login_hint=prompt-in-the-address&state=${accessToken}`);
  await stage.get("/nothing/code-in-the-address?token=code-in-the-address");
  secrets.push(String((await stage.refresh(refreshToken)).body["refresh_token"]));

  const transports = [
    createGrpcTransport({ baseUrl: `http://${stage.server.grpcUrl}` }),
    createGrpcWebTransport({ baseUrl: stage.url, httpVersion: "1.1" }),
    createConnectTransport({ baseUrl: stage.url, httpVersion: "1.1" }),
  ];
  for (const transport of transports) {
    await ask(transport, accessToken);
    await ask(transport, "not-a-token");
  }
  const calls = () => linesOf(logger).filter(({ route }) => String(route).endsWith("/StreamAudio"));
  await expect.poll(() => calls().length).toBe(6);
  const answered = { account: "ann", rpc: "ok", status: 200, method: "POST", client: "127.0.0.1" };
  expect(calls().filter(({ rpc }) => rpc === "ok")).toMatchObject([answered, answered, answered]);
  expect(calls().filter(({ rpc }) => rpc === "unauthenticated")).toHaveLength(3);
  expect(new Set(calls().map(({ route }) => route)).size).toBe(1);
  for (const { rpc, bytes, durationMs, correlationId, cut } of calls()) {
    if (rpc === "ok") expect(bytes).toBeGreaterThan(0);
    expect(durationMs).toBeGreaterThanOrEqual(0);
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(cut).toBeUndefined();
  }
  await expect
    .poll(() => linesOf(logger).find(({ route }) => route === "/auth/me"))
    .toMatchObject({ method: "GET", status: 200, account: "ann", client: address });
  await expect
    .poll(() => linesOf(logger).find(({ route }) => route === "none"))
    .toMatchObject({ status: 404 });
  await expect.poll(() => linesOf(logger).some(({ route }) => route === "/oauth/authorize")).toBe(true);
  const wsToken = await wsTokenOf(stage.url, accessToken);
  secrets.push(wsToken);
  await using socket = await openEvents(stage.url, { authorization: `Bearer ${wsToken}` });
  expect(await socket.next()).toBeDefined();
  const opened = () => linesOf(logger).find(({ route }) => route === EVENTS_PATH);
  await expect.poll(opened).toMatchObject({ status: 101, account: "ann" });
  expect(opened()).not.toHaveProperty("cut");

  const text = JSON.stringify(linesOf(logger));
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/\?|eyJ|[Bb]earer|cookie/);
});
