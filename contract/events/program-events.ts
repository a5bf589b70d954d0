import { isExactNumber } from "./exact-json.ts";
import { isDeeperThan, JSON_MAX_LEVELS } from "../json-depth.ts";

/** Where programs leave events, many at once (docs/reference/developer-api.md, "Batches of events"). */
export const EVENT_BATCH_PATH = "/api/v1/events/batch/";
/** Most events of one batch. */
export const EVENT_BATCH_MAX = 1_000;
/** Largest batch, as JSON before it is packed. */
export const EVENT_BATCH_MAX_BYTES = 8 * 1024 * 1024;
/** Largest event, as JSON in UTF-8. */
const EVENT_MAX_BYTES = 256 * 1024;
/** Longest text of a field that must be there, in UTF-16 code units. */
const EVENT_FIELD_MAX_CHARS = 255;

/** Something that a program says has happened. What else stands in it is kept as it is. */
export interface ProgramEvent {
  /** ULID in upper case or UUID in lower case: two that differ only in that are one event. */
  readonly eventId: string;
  readonly eventType: string;
  readonly aggregateId: string;
  readonly nodeId: string;
  readonly lamportClock: number;
  /** The whole event as JSON. */
  readonly data: string;
}

/** Why something is no event: each fault begins with the field that has it. */
export interface EventFaults {
  readonly faults: readonly string[];
}

/** 26 characters of Crockford's base 32, of which the first has three bits. */
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/iu;
const uuid = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/iu;
const needed = "This field is required.";
const textFields = ["event_type", "aggregate_id", "node_id"] as const;

/** Reads an event; whoever makes one and whoever takes one go by this. */
export function readEvent(given: unknown): ProgramEvent | EventFaults {
  if (!isObject(given)) return { faults: ["event: Not an object."] };
  const eventId = eventIdOf(given["event_id"]);
  const { lamport_clock: clock, payload } = given;
  const faults = [
    ...(eventId === undefined ? [`event_id: ${faultOf(given["event_id"], "Not a ULID or UUID.")}`] : []),
    ...textFields.flatMap((field) => (isText(given[field]) ? [] : [`${field}: ${textFault(given[field])}`])),
    ...(isClock(clock) ? [] : [`lamport_clock: ${faultOf(clock, "Not a whole number from 0 to 2^53 - 1.")}`]),
    ...(isObject(payload) ? [] : [`payload: ${faultOf(payload, "Not an object.")}`]),
  ];
  if (faults.length > 0 || eventId === undefined) return { faults };
  if (isDeeperThan(JSON_MAX_LEVELS, given)) {
    return { faults: [`event: Nested more than ${JSON_MAX_LEVELS} levels deep, which is the limit.`] };
  }
  const data = JSON.stringify(given);
  if (new TextEncoder().encode(data).byteLength > EVENT_MAX_BYTES) {
    return { faults: [`event: Larger than ${EVENT_MAX_BYTES / 1024} KiB, which is the limit.`] };
  }
  const [eventType, aggregateId, nodeId] = textFields.map((field) => String(given[field]));
  return {
    eventId,
    eventType: eventType ?? "",
    aggregateId: aggregateId ?? "",
    nodeId: nodeId ?? "",
    lamportClock: Number(clock),
    data,
  };
}

/** An id in the form in which it is compared; undefined for what is none. */
export function eventIdOf(given: unknown): string | undefined {
  if (typeof given !== "string") return undefined;
  if (ulid.test(given)) return given.toUpperCase();
  if (!uuid.test(given)) return undefined;
  const hex = given.toLowerCase().replaceAll("-", "");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

function isText(value: unknown): boolean {
  if (typeof value !== "string" || value.length > EVENT_FIELD_MAX_CHARS) return false;
  // PostgreSQL keeps no NUL in a text.
  return value.trim() !== "" && !value.includes("\0");
}

function isClock(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function textFault(value: unknown): string {
  return faultOf(value, `Not a text of 1 to ${EVENT_FIELD_MAX_CHARS} characters without NUL.`);
}

function faultOf(value: unknown, otherwise: string): string {
  return value === undefined || value === null ? needed : otherwise;
}
