import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { writer } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import {
  forward,
  type ForwardedAnswer,
  type ForwardedRequest,
  type Provider,
} from "#server/domain/assistant/models/forward.ts";
import { originOf } from "#server/domain/assistant/models/model-endpoint.ts";
import { createOutage, isModelOutage, type Outage } from "#server/domain/outage.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { HttpError } from "../../kit/http-error.ts";
import { readBody } from "../../kit/parameters.ts";
import { answerSignal } from "../../kit/request-signal.ts";
import { route, type CallerRoute } from "../../kit/route.ts";
import { holdPlace } from "./answering.ts";
import { modelName } from "./completion-request.ts";

/** A thousand texts of two pages each. */
const TEXTS_MAX_BYTES = 8 * 1024 * 1024;
/** As OpenAI's, with room for the other fields. */
const SOUND_MAX_BYTES = 26 * 1024 * 1024;
/** The end of an answer, where its count of tokens stands. */
const USAGE_MAX_BYTES = 2048;
const JSON_TYPE = "application/json";
const anyFields = z.looseObject({ model: modelName, voice: z.unknown().optional() });

/** What of the OpenAI API other servers do: asked here with an account of ours, there with the operator's key. */
export function passedOnRoutes(ctx: HttpContext): readonly CallerRoute[] {
  const { embeddings, speech, transcription } = ctx.config;
  const passOn = passingOn(ctx);
  return [
    route(
      "POST",
      "/v1/embeddings",
      writer,
      (request, caller, reply) => {
        const given = readBody(anyFields, request);
        const body = JSON.stringify({ model: embeddings.model, ...given });
        const asked = { path: "/embeddings", type: JSON_TYPE, body, model: given.model ?? embeddings.model };
        return passOn({ ...embeddings, settings: "PIPIT_EMBEDDINGS" }, asked, request, caller, reply);
      },
      { maxBytes: TEXTS_MAX_BYTES },
    ),
    route("POST", "/v1/audio/speech", writer, (request, caller, reply) => {
      const given = readBody(anyFields, request);
      const body = JSON.stringify({ model: speech.model, voice: speech.voice, ...given });
      const asked = { path: "/audio/speech", type: JSON_TYPE, body, model: given.model ?? speech.model };
      // The whole address is taken for the server's own voice as well.
      const url = speech.url?.replace(/\/audio\/speech\/*$/, "");
      const provider = { ...speech, ...(url !== undefined && { url }), settings: "PIPIT_SPEECH" };
      return passOn(provider, asked, request, caller, reply);
    }),
    route(
      "POST",
      "/v1/audio/transcriptions",
      writer,
      (request, caller, reply) => {
        const asked = {
          path: "/audio/transcriptions",
          type: String(request.headers["content-type"]),
          body: atMost(SOUND_MAX_BYTES, request.body),
        };
        const provider = { ...transcription, settings: "PIPIT_TRANSCRIPTION" };
        return passOn(provider, asked, request, caller, reply);
      },
      { maxBytes: SOUND_MAX_BYTES, stream: "form" },
    ),
  ];
}

type Configured = Omit<Provider, "url" | "key"> & { readonly url?: string; readonly key?: string };

type Asked = ForwardedRequest & { readonly model?: string | undefined };

/** Hands requests on; of a provider that is away the log has one line, and one when it is back. */
function passingOn(ctx: HttpContext) {
  const outages = new Map<string, Outage>();
  const outageOf = ({ settings, url }: Provider): Outage => {
    const place = { settings, server: originOf(url) };
    const known =
      outages.get(settings) ??
      createOutage(ctx.logger, { lost: "provider.lost", back: "provider.back" }, place);
    outages.set(settings, known);
    return known;
  };
  const ask = async (provider: Provider, asked: Asked, signal: AbortSignal): Promise<ForwardedAnswer> => {
    const outage = outageOf(provider);
    try {
      const answer = await forward(provider, asked, signal);
      outage.works();
      return answer;
    } catch (reason) {
      const { code, detail, message } = PipitError.from(reason);
      if (isModelOutage(code)) outage.failed(code, { code, detail, cure: message });
      throw reason;
    }
  };
  return async (
    { url, key, settings }: Configured,
    asked: Asked,
    request: FastifyRequest,
    caller: Caller,
    reply: FastifyReply,
  ): Promise<Readable> => {
    if (url === undefined) {
      throw new HttpError(
        501,
        `This server has no provider for ${asked.path}. Its operator can set one by ${settings}_URL and ${settings}_KEY.`,
      );
    }
    holdPlace(ctx, request, reply, caller);
    await ctx.quotas.check(caller.userId);
    const answer = await ask({ url, key, settings }, asked, answerSignal(ctx, reply, caller));
    reply.header("content-type", answer.type);
    return Readable.from(counted(ctx, caller, asked, answer));
  };
}

/** Counts the call of an account when its answer ends, however that is, with the tokens that the provider counted. */
async function* counted(
  { store, clock, logger }: HttpContext,
  { userId }: Caller,
  { model = "" }: Asked,
  { body }: ForwardedAnswer,
): AsyncGenerator<Uint8Array> {
  let end = Buffer.alloc(0);
  try {
    for await (const piece of body) {
      end = Buffer.concat([end, piece.subarray(-USAGE_MAX_BYTES)]).subarray(-USAGE_MAX_BYTES);
      yield piece;
    }
  } finally {
    const said = end.toString("latin1");
    const count = (name: string): number =>
      Number(new RegExp(`"${name}"\\s*:\\s*(\\d{1,9})\\b`).exec(said)?.[1] ?? 0);
    await store.tokenUse
      .add({
        userId,
        chatId: undefined,
        model,
        inputTokens: count("(?:prompt|input)_tokens"),
        outputTokens: count("(?:completion|output)_tokens"),
        estimated: false,
        atMs: clock.nowMs(),
      })
      .catch((error: unknown) => logger.error("usage could not be stored", { error }));
  }
}

/** A body that is read while it is sent on. */
async function* atMost(maxBytes: number, body: unknown): AsyncGenerator<Uint8Array> {
  if (!(body instanceof Readable)) throw new HttpError(415, "The body must be multipart/form-data.");
  let bytes = 0;
  try {
    for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) {
        throw new PipitError("MESSAGE_TOO_LARGE", `The body has more than ${maxBytes / 1024 / 1024} MiB.`);
      }
      yield piece;
    }
  } finally {
    // What is still on its way would stand before the client's next request on this connection.
    body.resume();
  }
}
