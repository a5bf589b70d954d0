import type { SpeechProvider } from "../ports.ts";

/** A provider with something to release: child processes, connections. */
export interface OwnedSpeechProvider extends SpeechProvider, AsyncDisposable {
  /** Does in the background what would otherwise delay the first sentence; never throws. */
  warm?(language: string): void;
  /** Says whether it works and, if not, why and the cure; for `pipit doctor`. Safe to show. */
  check(signal: AbortSignal): Promise<ProviderCheck>;
}
export interface ProviderCheck {
  readonly works: boolean;
  readonly detail: string;
}
