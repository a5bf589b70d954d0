import type { TokenPlace } from "#contract/auth-state.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { Clock as TimeOfDay } from "#contract/clock.ts";
import type { ScreenImage } from "#contract/screen-image.ts";

/** One question on its way to the server. Field rules: proto/streaming.proto. */
export interface StreamCall {
  readonly prompt: string;
  readonly clientMessageId: string;
  readonly hardwareId: string;
  readonly sessionId?: string;
  readonly chatId?: string;
  /** JPEG, PNG or WebP bytes. */
  readonly image?: ScreenImage;
  readonly speak: boolean;
  /** BCP 47. */
  readonly locale?: string;
  readonly searchAllChats?: boolean;
}

/** The wire to a Pipit server. Implementations add `authorization` themselves, in one interceptor. */
export interface Transport extends AsyncDisposable {
  /** Streams one answer. Throws PipitError; leaving the loop or aborting cancels the call, which is the interrupt. */
  streamAudio(call: StreamCall, signal: AbortSignal): AsyncIterable<ChatEvent>;
  /** Stops this machine's running answers from another channel. Resolves to the interrupted session ids. */
  interruptSession(hardwareId: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** A plain HTTP exchange; bodies are text. Throws PipitError SERVER_UNREACHABLE when there is no answer. */
export interface HttpClient {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path on the configured server, e.g. "/oauth/token". */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is kept of one sign-in. Times are epoch milliseconds. */
export interface StoredTokens {
  readonly accessToken: string;
  /** Empty when only an access token was given by hand (`/login <token>`). */
  readonly refreshToken: string;
  readonly accessExpiresAtMs: number;
  readonly refreshExpiresAtMs: number;
  readonly accountId: string;
  readonly accountName: string;
  /** True for the account that a server makes for its own machine. */
  readonly local: boolean;
  readonly serverUrl: string;
}

/** Where tokens rest between runs. */
export interface TokenStore {
  load(): Promise<StoredTokens | undefined>;
  save(tokens: StoredTokens): Promise<void>;
  clear(): Promise<void>;
  /** Runs `work` while no other process of this person may change the tokens (contracts §5). */
  withLock<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  place(): TokenPlace;
}

/** Gives the one-time secret of a server on this very machine, if there is one. */
export interface LocalSecretSource {
  read(): Promise<string | undefined>;
}

/** One message that has not been answered yet; written before anything is sent. */
export interface OutboxRow {
  /** UUIDv7; also the wire's client_message_id. */
  readonly clientMessageId: string;
  readonly accountId: string;
  /** Chat on the server, or a client-made id until the server names one. */
  readonly chatKey: string;
  readonly text: string;
  readonly image?: ScreenImage;
  readonly speak: boolean;
  readonly createdAtMs: number;
  readonly attempts: number;
}

/** The durable queue: FIFO per chat, unique by clientMessageId, nothing dropped by retry count. */
export interface Outbox {
  add(row: OutboxRow): Promise<void>;
  /** All rows of an account, oldest first. */
  list(accountId: string): Promise<readonly OutboxRow[]>;
  recordAttempt(clientMessageId: string): Promise<void>;
  /** Rows queued under a client-made chat key follow when the server has named the chat. */
  renameChat(chatKey: string, chatId: string): Promise<void>;
  remove(clientMessageId: string): Promise<void>;
}

/** Takes a picture of the screen: JPEG, longest side at most IMAGE_MAX_SIDE_PX. Throws NO_DISPLAY or SCREEN_REFUSED. */
export interface Screen {
  capture(signal: AbortSignal): Promise<ScreenImage>;
}

/** Plays 48 kHz mono s16le. Creating one may fail with NO_SOUND_DEVICE; the caller then goes on without sound. */
export interface Speaker extends AsyncDisposable {
  /** Queues a piece; resolves when there is room for more. */
  write(pcm: Uint8Array): Promise<void>;
  /** Resolves when all that was written has been heard. */
  drain(signal: AbortSignal): Promise<void>;
  /** Drops what is queued; silence within 120 ms. */
  stop(): Promise<void>;
  /** 0 to 1. */
  setVolume(volume: number): void;
}

/** A clock that can also be waited for. */
export interface Clock extends TimeOfDay {
  /** Rejects with CANCELLED when aborted. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}
