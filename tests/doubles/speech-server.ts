import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** Rate of the PCM that the double sends, as OpenAI's. */
const RATE_HZ = 24_000;
/** Odd on purpose: a sample is cut in two at almost every border. */
const DEFAULT_PIECE_BYTES = 4_801;

/** What is wrong with the next answers. "cut" ends the connection after half of the sound. */
export type SpeechFault = "none" | "unauthorized" | "error" | "hang" | "cut" | "silence" | "json" | "wav";

export interface SpeechServerOptions {
  /** Seconds of sound per request; default 1. */
  readonly durationSeconds?: number;
  /** Default 440. */
  readonly toneHz?: number;
  readonly pieceBytes?: number;
  /** Called before each piece is sent, with its number from 0: a gate for tests, a delay for benchmarks. */
  readonly beforePiece?: (piece: number) => Promise<void>;
}
/** One request as it came. */
interface SpeechRequest {
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  /** Resolves when the client went away before all sound was sent. */
  readonly abandoned: Promise<void>;
}
export interface SpeechServer extends AsyncDisposable {
  /** e.g. "http://127.0.0.1:41234/v1" */
  readonly url: string;
  readonly requests: readonly SpeechRequest[];
  fault: SpeechFault;
}

/**
 * A real HTTP server on loopback with OpenAI's `POST /v1/audio/speech`: it answers every text with a sine tone as
 * 24 kHz PCM in small pieces.
 */
export async function startSpeechServer(options: SpeechServerOptions = {}): Promise<SpeechServer> {
  const requests: SpeechRequest[] = [];
  const state: { fault: SpeechFault } = { fault: "none" };
  const server = createServer((request, response) => {
    void answer(request, response, options, state, requests);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, "close");
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: SpeechServerOptions,
  state: { readonly fault: SpeechFault },
  requests: SpeechRequest[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const abandoned = Promise.withResolvers<void>();
  response.once("close", () => {
    if (!response.writableFinished) abandoned.resolve();
  });
  const { fault } = state;
  if (request.method !== "POST" || request.url !== "/v1/audio/speech") {
    sendJson(response, 404, "not found");
    return;
  }
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
  requests.push({ authorization: request.headers.authorization, body, abandoned: abandoned.promise });
  if (fault === "unauthorized") sendJson(response, 401, "Incorrect API key provided");
  else if (fault === "error") sendJson(response, 500, `could not speak: ${String(body["input"])}`);
  else if (fault === "json") sendJson(response, 200, "not sound");
  else if (fault !== "hang") await sendSound(response, options, fault);
}

function sendJson(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message } }));
}

async function sendSound(
  response: ServerResponse,
  options: SpeechServerOptions,
  fault: SpeechFault,
): Promise<void> {
  const pcm = tone(fault === "silence" ? 0 : (options.toneHz ?? 440), options.durationSeconds ?? 1);
  const sound = fault === "wav" ? Buffer.concat([streamingWavHeader(), pcm]) : pcm;
  const size = options.pieceBytes ?? DEFAULT_PIECE_BYTES;
  const end = fault === "cut" ? sound.length / 2 : sound.length;
  const closed = once(response, "close");
  response.writeHead(200, { "content-type": fault === "wav" ? "audio/wav" : "audio/pcm" });
  for (let at = 0, piece = 0; at < end && !response.destroyed; at += size, piece += 1) {
    await options.beforePiece?.(piece);
    await send(response, sound.subarray(at, at + size), closed);
  }
  if (fault === "cut") response.destroy();
  else response.end();
}

/** Waits while the client does not take more. */
async function send(response: ServerResponse, piece: Buffer, closed: Promise<unknown>): Promise<void> {
  if (response.destroyed || response.write(piece)) return;
  const drained = new Promise<void>((resolve) => response.once("drain", resolve));
  await Promise.race([drained, closed]);
}

/** A sine of half the full scale; 0 Hz is silence. */
function tone(frequencyHz: number, durationSeconds: number): Buffer {
  const samples = Math.round(durationSeconds * RATE_HZ);
  const pcm = Buffer.alloc(samples * 2);
  for (let at = 0; at < samples; at += 1) {
    pcm.writeInt16LE(Math.round(16_384 * Math.sin((2 * Math.PI * frequencyHz * at) / RATE_HZ)), at * 2);
  }
  return pcm;
}

/** A RIFF header whose lengths are unknown, as streaming servers write it. */
function streamingWavHeader(): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF\xff\xff\xff\xffWAVEfmt ", 0, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE_HZ, 24);
  header.writeUInt32LE(RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data\xff\xff\xff\xff", 36, "latin1");
  return header;
}
