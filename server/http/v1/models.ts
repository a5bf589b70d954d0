import { z } from "zod";
import { MODEL_NAME_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { version } from "#contract/build/version.ts";
import { readerOrService, writer } from "#server/domain/access/access.ts";
import { noSuchModelText } from "#server/domain/assistant/model-source.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { idField, readBody, readParameters } from "../kit/parameters.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { findChat } from "./chats.ts";

const chatId = idField().optional();
const listQuery = z.object({ chat_id: chatId });
const choice = z.object({ model: z.string().min(1).max(MODEL_NAME_MAX_CHARS).nullable(), chat_id: chatId });

/**
 * `GET /v1/models?chat_id=`: the models that may be asked, in OpenAI's format; the one that would answer the caller now
 * is the first, and `chosen` says that they chose it. `PUT /v1/models/chosen {model, chat_id?}` chooses one for a chat,
 * or for all chats without a choice of their own; null gives the choice up.
 */
export function modelsRoutes(ctx: HttpContext): readonly CallerRoute[] {
  const { models, store, startedAtMs } = ctx;
  const toWire = (id: string, chosen: string | undefined): Record<string, unknown> => ({
    id,
    object: "model",
    created: Math.floor(startedAtMs / 1000),
    owned_by: "runtime",
    version_id: version,
    ...(id === chosen ? { chosen: true } : {}),
  });
  return [
    route("GET", "/v1/models", readerOrService, async (request, caller, reply) => {
      const { chat_id } = readParameters(listQuery, request.query);
      const names = await models.list(abortWithRequest(reply));
      const chosen =
        caller.kind === "user" ? await store.modelChoices.chosen(caller.userId, chat_id) : undefined;
      const first = names.filter((name) => name === chosen);
      const rest = names.filter((name) => name !== chosen);
      return { object: "list", data: [...first, ...rest].map((name) => toWire(name, chosen)) };
    }),
    route("PUT", "/v1/models/chosen", writer, async (request, caller, reply) => {
      const { model, chat_id } = readBody(choice, request);
      if (chat_id !== undefined) await findChat(store.chats, caller.userId, chat_id);
      if (model !== null) mustBeThere(model, await models.list(abortWithRequest(reply)));
      await store.modelChoices.choose(caller.userId, chat_id, model ?? undefined);
      return { model, ...(chat_id === undefined ? {} : { chat_id }) };
    }),
  ];
}

function mustBeThere(model: string, names: readonly string[]): void {
  if (names.includes(model)) return;
  throw new PipitError("INVALID_REQUEST", noSuchModelText(model, names), { field: "model" });
}
