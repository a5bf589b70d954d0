import { readFileSync } from "node:fs";

/** A question and its answer. */
export interface GoldTurn {
  /** The chat's id, a colon and the turn's place in the chat, from 0. */
  readonly id: string;
  /** When the question was asked: ISO 8601, UTC. */
  readonly at: string;
  readonly question: string;
  readonly answer: string;
}

export interface GoldChat {
  readonly id: string;
  /** Vera searches; Oleg's chats must never be found. */
  readonly person: "vera" | "oleg";
  readonly title: string;
  readonly turns: readonly GoldTurn[];
}

export interface GoldQuery {
  /** What the query proves; README.md lists the classes. */
  readonly class: string;
  /** As the person types it, filters and quotes included. */
  readonly query: string;
  /** The filters that the query's text holds, read by hand: `in` is a chat's id, dates are days in UTC. */
  readonly filters?: {
    readonly in?: string;
    readonly before?: string;
    readonly after?: string;
    readonly role?: "user" | "assistant";
  };
  /** For each word or phrase of the query, the forms of which one must stand in a hit. */
  readonly forms: readonly (readonly string[])[];
  /** The ids of all turns that must be found; no other may be. */
  readonly expected: readonly string[];
  readonly about: string;
}

/** A query whose hits reasonable searches differ in: measured, never demanded. */
interface BeyondQuery {
  readonly query: string;
  /** The ids of the turns that the person would be glad to see. */
  readonly hoped: readonly string[];
  readonly about: string;
}

/** The chats of two persons, as they would have written them over two years. */
export function goldChats(): readonly GoldChat[] {
  return (read("corpus.json") as { chats: readonly GoldChat[] }).chats;
}

/** What Vera searches for, with the hits that follow from the text alone. */
export function goldQueries(): {
  readonly queries: readonly GoldQuery[];
  readonly beyond: readonly BeyondQuery[];
} {
  return read("queries.json") as ReturnType<typeof goldQueries>;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
}
