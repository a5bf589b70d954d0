import type { AttachedFile } from "#contract/attached-file.ts";
import type { RefusalReason, SignedInAccount, TokenPlace } from "#contract/auth-state.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { Failure } from "#contract/chat-state.ts";
import type { Clock as TimeOfDay } from "#contract/clock.ts";
import type { ScreenImage, SentImage } from "#contract/screen-image.ts";

/** One question on its way to the server. Field rules: proto/streaming.proto. */
export interface StreamCall {
  readonly prompt: string;
  readonly clientMessageId: string;
  readonly hardwareId: string;
  readonly sessionId?: string;
  readonly chatId?: string;
  /** In place of `chatId`: a UUID that the messages of a chat share whose id is not known here. */
  readonly chatKey?: string;
  /** With `chatKey`: the chat is in no list, and gone a day after its last message. */
  readonly temporary?: boolean;
  /** With `chatKey`: the project of the chat, unless it is gone by then. */
  readonly projectId?: string;
  /** Turn that it follows; "" for a first one, absent: the newest of the chat. */
  readonly parentTurnId?: string;
  /** JPEG, PNG or WebP bytes. */
  readonly image?: ScreenImage;
  readonly files?: readonly AttachedFile[];
  readonly speak: boolean;
  /** BCP 47. */
  readonly locale?: string;
  readonly searchAllChats?: boolean;
  /** Absent: the model chosen for the chat or the account. */
  readonly model?: string;
}

/**
 * Asks the server on its wire and streams the answer. Throws PipitError; leaving the loop or aborting cancels the call,
 * which is the interrupt, except after `end`: then the server closes.
 */
export type AskServer = (
  call: StreamCall,
  signal: AbortSignal,
  onSignIn?: SignInListener,
) => AsyncIterable<ChatEvent>;

/**
 * Told whose sign-in a call carries, just before it leaves; throws to stop it. Told undefined when the server refused
 * that sign-in, hence took nothing of the call.
 */
export type SignInListener = (attachment: Attachment | undefined) => void;

/** The sign-in of one request. */
export interface Attachment {
  readonly accountId: string;
  /** What was sent; absent where the browser adds a cookie that no script can read. */
  readonly token?: string;
}

/** The sign-in, for callers that make requests: only `engine/wire` decides when it is renewed. */
export interface Credentials {
  /**
   * Puts a sign-in that lives at least 60 s more on a request, refreshed if needed (one refresh at a time, also across
   * processes).
   *
   * @throws PipitError SIGNED_OUT; SERVER_UNREACHABLE when a refresh is needed and impossible (the session stays);
   *   CANCELLED.
   */
  attach(headers: Headers, signal: AbortSignal): Promise<Attachment>;
  /**
   * Gets another sign-in after the server refused this one.
   *
   * @throws as attach; SIGNED_OUT when there is no way to renew.
   */
  renewAfter(refused: Attachment, signal: AbortSignal): Promise<void>;
  /**
   * Ends the session because even a renewed sign-in is refused, or its account was closed, unless there is a newer one by now. Never
   * throws.
   */
  refuse(refused: Attachment, why: RefusalReason, signal: AbortSignal): Promise<void>;
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
  /** The body goes packed by gzip. */
  readonly packed?: true;
  /** Of the whole exchange, in place of the usual limit. */
  readonly timeoutMs?: number;
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

/** One of the sign-ins that a home keeps. */
export interface KeptAccount extends Omit<SignedInAccount, "serverUrl"> {
  /** URL of its server; "own" for the one whose data lies in this home. */
  readonly server: string;
  /** The one that programs of this store's server work with. */
  readonly active: boolean;
}

/** Where the tokens of every account rest between runs; all but reading is done under the lock. */
export interface TokenStore {
  /** Of this account of the server, or of the active one. */
  load(accountId?: string): Promise<StoredTokens | undefined>;
  /** Makes this sign-in the active one; that of another account stays beside it. */
  save(tokens: StoredTokens): Promise<void>;
  /** Forgets the sign-in of this account, or the active one. */
  clear(accountId?: string): Promise<void>;
  /** Every sign-in of this home, of all servers; the active one of this server comes first. */
  accounts(): Promise<readonly KeptAccount[]>;
  /** Makes another sign-in of this server the active one. Undefined when it is not kept. */
  activate(accountId: string): Promise<StoredTokens | undefined>;
  /** Runs `work` while no other process of this person may change the tokens (docs/reference/developer-api.md). */
  withLock<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  place(): TokenPlace;
}

/** One message that has not been answered yet; written before anything is sent. */
export interface OutboxRow {
  /** UUIDv7; also the wire's client_message_id. */
  readonly clientMessageId: string;
  readonly accountId: string;
  /** Chat on the server, or a client-made id until the server names one. */
  readonly chatKey: string;
  /** Turn that it follows; "" for a first one, absent: the newest of its chat when it is sent. */
  readonly parentTurnId?: string;
  readonly text: string;
  /** The picture itself is read by `Outbox.picture`, when it is sent. */
  readonly image?: SentImage;
  readonly files?: readonly AttachedFile[];
  readonly speak: boolean;
  readonly createdAtMs: number;
  readonly attempts: number;
  readonly state: RowState;
}

/** What is to become of a row. */
export type RowState =
  /** To be sent in its turn. */
  | { readonly kind: "waiting" }
  /** Not sent unless the person says so, and in the way of no other; `sinceMs` is epoch. */
  | { readonly kind: "parked"; readonly failure: Failure; readonly sinceMs: number }
  /** The person stopped it; the row is about to go, and does at the next start if not now. */
  | { readonly kind: "cancelled" };

/** The durable queue: FIFO per chat, unique by clientMessageId, nothing dropped by retry count. */
export interface Outbox {
  /** @param picture of a row with `image` */
  add(row: OutboxRow, picture?: Uint8Array): Promise<void>;
  /** Puts a row last and takes the old one out, whichever of both is there, in one step: a crash leaves the one or the other. */
  replace(oldId: string, row: OutboxRow, picture?: Uint8Array): Promise<void>;
  /** All rows of an account, oldest first. */
  list(accountId: string): Promise<readonly OutboxRow[]>;
  picture(clientMessageId: string): Promise<Uint8Array | undefined>;
  recordAttempt(clientMessageId: string): Promise<void>;
  setState(clientMessageId: string, state: RowState): Promise<void>;
  /** Rows queued under a client-made chat key follow when the server has named the chat, and later ones; so does the claim. */
  renameChat(chatKey: string, chatId: string): Promise<void>;
  /** What this program, or another one, has renamed a chat to. */
  nameOf(chatKey: string): Promise<string | undefined>;
  remove(clientMessageId: string): Promise<void>;
  /**
   * Makes this program (or tab) the one that sends the messages of a chat. False while another is; one that has ended,
   * however it did, is none.
   */
  claim(chatKey: string): Promise<boolean>;
  release(chatKey: string): Promise<void>;
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
