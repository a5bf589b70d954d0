import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** From the built-in responder to a large model with a long chat on one graphics card. */
const FIRST_TOKEN_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 60];
/** A voice of this machine takes tens of milliseconds for a sentence, one over the network as long as it is spoken. */
const SPEECH_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
/** Streams are calls too, and last as long as an answer. */
const RPC_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120];
/** A statement of SQLite takes 20 µs, a round trip to PostgreSQL half a millisecond; 15 s is its limit. */
const DATABASE_BUCKETS_SECONDS = [0.0001, 0.00025, 0.001, 0.0025, 0.01, 0.05, 0.25, 1, 5, 15];

/** Counted from 0, so that an alert sees the first one too. */
const ALERTED_CODES = ["STORAGE_CORRUPT", "STORAGE_FULL", "INTERNAL", "DATABASE_UNREACHABLE"];

/** Of answers, the models that give them, and their voice. */
export function answerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    turnsStarted: new Counter({
      name: "pipit_turns_started_total",
      help: "Questions of chats that were begun to be answered.",
      registers,
    }),
    turnsEnded: new Counter({
      name: "pipit_turns_ended_total",
      help: "Those that ended: done, cancelled, or the code of what they failed with.",
      labelNames: ["outcome"],
      registers,
    }),
    turnsRunning: new Gauge({ name: "pipit_turns_running", help: "Answers that are given now.", registers }),
    firstTokenSeconds: new Histogram({
      name: "pipit_turn_first_token_seconds",
      help: "From the taking of a question until the first of its answer was told.",
      buckets: FIRST_TOKEN_BUCKETS_SECONDS,
      registers,
    }),
    modelRequests: new Counter({
      name: "pipit_model_requests_total",
      help: "Questions to models, for whatever purpose.",
      registers,
    }),
    modelErrors: new Counter({
      name: "pipit_model_errors_total",
      help: "Questions to models that failed, by the error's code.",
      labelNames: ["code"],
      registers,
    }),
    sentences: new Counter({
      name: "pipit_speech_requests_total",
      help: "Sentences to speak, by who was asked and what came of it.",
      labelNames: ["provider", "outcome"],
      registers,
    }),
    sentenceSeconds: new Histogram({
      name: "pipit_speech_duration_seconds",
      help: "How long the speaking of a sentence took, its listener's pauses included.",
      labelNames: ["provider"],
      buckets: SPEECH_BUCKETS_SECONDS,
      registers,
    }),
  } as const;
}

/** Of calls on both ports, and of all errors that clients were told. */
export function callMetrics(registry: Registry) {
  const registers = [registry];
  return {
    rpcs: new Counter({
      name: "pipit_rpc_requests_total",
      help: "Calls by gRPC, gRPC-Web and Connect, by method and status.",
      labelNames: ["method", "code"],
      registers,
    }),
    rpcSeconds: new Histogram({
      name: "pipit_rpc_duration_seconds",
      help: "How long calls took; streams count as long as they run.",
      labelNames: ["method"],
      buckets: RPC_BUCKETS_SECONDS,
      registers,
    }),
    errors: fromZero(
      new Counter({
        name: "pipit_errors_total",
        help: "Errors that clients were told, by code.",
        labelNames: ["code"],
        registers,
      }),
    ),
  } as const;
}

export function databaseMetrics(registry: Registry) {
  const registers = [registry];
  return {
    statementSeconds: new Histogram({
      name: "pipit_database_duration_seconds",
      help: "How long the database took, by kind of statement.",
      labelNames: ["statement"],
      buckets: DATABASE_BUCKETS_SECONDS,
      registers,
    }),
    databaseErrors: fromZero(
      new Counter({
        name: "pipit_database_errors_total",
        help: "What the database failed with, by the code of the error that came of it.",
        labelNames: ["code"],
        registers,
      }),
    ),
    auditDamage: new Counter({
      name: "pipit_audit_damage_total",
      help: "How often damage of the audit log was met.",
      registers,
    }),
  } as const;
}

function fromZero(counter: Counter<"code">): Counter<"code"> {
  for (const code of ALERTED_CODES) counter.inc({ code }, 0);
  return counter;
}
