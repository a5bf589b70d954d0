import type { ErrorCode } from "../error-codes.ts";

/** How far an import is. */
export interface ImportProgress {
  /** Whether the file is on its way to the server, or read by it. */
  readonly step: "sending" | "importing";
  /** Of the file, from 0 to 1. */
  readonly share: number;
  /** Chats that were looked at. */
  readonly chats: number;
}

/** What came of an import (docs/api.md, `POST /v1/chats/import`). */
export interface ImportReport {
  /** Whose export it was; undefined when it held no chat. */
  readonly origin: "pipit" | "chatgpt" | "claude" | undefined;
  /** Chats that were made, that got new turns, and that were there as they are. */
  readonly made: number;
  readonly extended: number;
  readonly unchanged: number;
  /** Questions that were added. */
  readonly turns: number;
  /** Chats that were left out, by the reason, e.g. "too_large". */
  readonly skipped: Readonly<Record<string, number>>;
  /** The first hundred of them. */
  readonly skippedChats: readonly { readonly title: string; readonly reason: string }[];
  /** `cut`: messages of which only the beginning is kept. */
  readonly leftOut: { readonly pictures: number; readonly files: number; readonly cut: number };
  /** Why the file was not read to its end, e.g. "damaged". */
  readonly problem: string | undefined;
}

/** The import that runs, or what came of the last one. */
export type ChatImport =
  | ({ readonly kind: "running" } & ImportProgress)
  | { readonly kind: "done"; readonly report: ImportReport }
  /** The person stopped it; `chats` had been looked at. */
  | { readonly kind: "stopped"; readonly chats: number }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };
