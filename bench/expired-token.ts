import { randomUUID } from "node:crypto";
import { createAsk } from "#engine/wire/ask.ts";
import { createRpcTransport } from "#engine/wire/rpc-transport.ts";
import { startModelProgram, startPipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { openPerson, PASSWORD, startSlowWay, type Person } from "./lib/sign-in-stage.ts";
import { interleave, median, quantile } from "./lib/statistics.ts";

const rounds = { warmups: 3, measured: 40 };
const ONE_WAY_MS = 50;
/** One round trip and what the server and the file of the tokens need; two would be 2. */
const GOAL_ROUND_TRIPS = 1.5;

/**
 * How much later the first words of an answer come when the access token has expired, on a network on which a round
 * trip takes 100 ms; in turns with a question whose token is good, and with the smallest request there is.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using model = await startModelProgram(["--tokens", "4", "--size", "16"], signal);
  await using server = await startPipitMain(
    { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0", PIPIT_MODEL: "double" },
    signal,
  );
  await using http = await startSlowWay(new URL(server.httpUrl).host, ONE_WAY_MS);
  await using grpc = await startSlowWay(server.grpcUrl, ONE_WAY_MS);
  await using person = await openPerson({ httpUrl: `http://${http.host}`, grpcUrl: grpc.host });
  await person.session.register({ login: "bench", password: PASSWORD, displayName: "" }, signal);
  const samples = await interleave(
    [
      { name: "fresh", measure: () => firstText(person, signal) },
      {
        name: "expired",
        async measure() {
          await expire(person, signal);
          return await firstText(person, signal);
        },
      },
      { name: "round trip", measure: () => roundTrip(person, signal) },
    ],
    rounds,
    signal,
  );
  const of = (name: string): readonly number[] => samples.get(name) ?? [];
  return [
    ["p50", 0.5],
    ["p95", 0.95],
  ].map(([name, share]) =>
    toResult({
      name: `expired-token.later.${name}`,
      unit: "ms",
      value: quantile(of("expired"), Number(share)) - median(of("fresh")),
      baseline: median(of("round trip")),
      baselineName: "one round trip, GET /health",
      goal: { of: "ratio", atMost: GOAL_ROUND_TRIPS },
    }),
  );
}

async function firstText({ link, session, logger }: Person, signal: AbortSignal): Promise<number> {
  const ask = createAsk(createRpcTransport(link.rpc, session), logger);
  const call = {
    prompt: `What is known about ${randomUUID()}?`,
    clientMessageId: randomUUID(),
    hardwareId: "bench",
    speak: false,
    locale: "en",
  };
  const startedMs = performance.now();
  let firstTextMs = Number.NaN;
  for await (const event of ask(call, signal)) {
    if (event.type === "text" && Number.isNaN(firstTextMs)) firstTextMs = performance.now() - startedMs;
  }
  return firstTextMs;
}

/** As if a quarter of an hour had gone by. */
async function expire({ store, session }: Person, signal: AbortSignal): Promise<void> {
  await store.withLock(async () => {
    const tokens = await store.load();
    if (tokens === undefined) throw new Error("Nobody is signed in.");
    await store.save({ ...tokens, accessExpiresAtMs: Date.now() - 1_000 });
  }, signal);
  await session.restore(signal);
}

async function roundTrip({ link }: Person, signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  await link.http.request({ method: "GET", path: "/health" }, signal);
  return performance.now() - startedMs;
}
