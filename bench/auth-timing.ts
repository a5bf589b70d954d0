import { openWire, type Wire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import { startPostgres } from "#tools/test/postgres-server.ts";
import { mannWhitneyP } from "./lib/mann-whitney.ts";
import { startPipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median } from "./lib/statistics.ts";

const rounds = { warmups: 20, measured: 500 };
/** Below the number of failures that locks an account: then nothing would be hashed any more. */
const TRIES_PER_NAME = 4;
const PASSWORD = "Correct-horse-1";
const WRONG_PASSWORD = "Wrong-horse-9";
/** The medians may differ by 5 %, and not so that a stranger could tell the two apart. */
const ratioGoal = { of: "ratio", atLeast: 0.95, atMost: 1.05 } as const;
const chanceGoal = { of: "value", atLeast: 0.01 } as const;

/**
 * What a stranger learns from a stopwatch: how long a sign-in takes for a name that no account has, and for one
 * that an account has with a wrong password; in turns, every one from a network of its own.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using postgres = await startPostgres(signal);
  return [
    ...(await compare("sqlite", {}, signal)),
    ...(await compare("postgres", { PIPIT_DATABASE_URL: postgres.url }, signal)),
  ];
}

async function compare(
  database: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly BenchResult[]> {
  await using server = await startPipitMain({ ...env, PIPIT_TRUSTED_PROXIES: "127.0.0.1" }, signal);
  using wire = openWire(1);
  const names = Math.ceil((rounds.warmups + rounds.measured) / TRIES_PER_NAME);
  for (let name = 0; name < names; name++) await register(wire, server.httpUrl, name);
  const turns = { known: 0, unknown: 0 };
  const measure = async (kind: keyof typeof turns): Promise<number> => {
    const turn = turns[kind]++;
    const login = `${kind}-${Math.floor(turn / TRIES_PER_NAME)}`;
    const startedMs = performance.now();
    const { status, text } = await signIn(wire, server.httpUrl, login, addressOf(kind, turn));
    const elapsedMs = performance.now() - startedMs;
    if (status !== 400) throw new Error(`Not refused as a wrong password: ${status} ${text}`);
    return elapsedMs;
  };
  const samples = await interleave(
    [
      { name: "unknown", measure: () => measure("unknown") },
      { name: "known", measure: () => measure("known") },
    ],
    rounds,
    signal,
  );
  const [unknown = [], known = []] = [samples.get("unknown"), samples.get("known")];
  return [
    toResult({
      name: `auth-timing.${database}.unknown-user`,
      unit: "ms",
      value: median(unknown),
      baseline: median(known),
      baselineName: "wrong password",
      goal: ratioGoal,
    }),
    toResult({
      name: `auth-timing.${database}.mann-whitney`,
      unit: "p",
      value: mannWhitneyP(unknown, known),
      goal: chanceGoal,
    }),
  ];
}

async function register(wire: Wire, httpUrl: string, name: number): Promise<void> {
  const { status, text } = await wire.send({
    url: `${httpUrl}/auth/register`,
    headers: { "content-type": "application/json", "x-forwarded-for": addressOf("register", name) },
    body: JSON.stringify({ login: `known-${name}`, password: PASSWORD }),
  });
  if (status !== 200) throw new Error(`No account: ${status} ${text}`);
}

function signIn(wire: Wire, httpUrl: string, username: string, address: string): Promise<WireAnswer> {
  return wire.post(
    `${httpUrl}/oauth/token`,
    { grant_type: "password", client_id: "pipit-cli", username, password: WRONG_PASSWORD },
    { "x-forwarded-for": address },
  );
}

/** All different, and all of the same length, which must not make the difference. */
function addressOf(kind: "known" | "unknown" | "register", turn: number): string {
  const network = { known: 101, unknown: 102, register: 103 }[kind];
  return `${network}.${100 + (turn >> 8)}.${100 + ((turn >> 4) & 15)}.${100 + (turn & 15)}`;
}
