import { z } from "zod";
import { chatFileName } from "#contract/attached-file.ts";
import { reader } from "#server/domain/access/access.ts";
import type { Chat } from "#server/domain/chats/ports.ts";
import { opened, sendFile } from "../../kit/download.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { idInPath, readParameters, readQuery } from "../../kit/parameters.ts";
import { route, type CallerRoute } from "../../kit/route.ts";
import { findChat } from "../chats.ts";
import { allChats, chatsAsJson, chatsAsMarkdown } from "./exported-chats.ts";

const exportQuery = z.object({
  format: z.enum(["json", "markdown"], "must be 'json' or 'markdown'").default("json"),
});
type Format = z.infer<typeof exportQuery>["format"];

const kinds = {
  json: { ending: ".json", type: "application/json" },
  markdown: { ending: ".md", type: "text/markdown" },
} as const;

/** `GET /v1/chats/export?format=` and `GET /v1/chats/{id}/export?format=`: all chats of the caller, or one, as a file. */
export function chatExportRoutes({ store, clock }: HttpContext): readonly CallerRoute[] {
  /** The same document for one chat and for all. */
  async function* document(format: Format, userId: string, chats: AsyncIterable<Chat>) {
    if (format === "markdown") {
      const account = await store.auth.accounts.findById(userId);
      yield* chatsAsMarkdown(store, chats, account?.displayName ?? "User");
      return;
    }
    yield opened({ format: "pipit-chats", version: 1, exported_at: new Date(clock.nowMs()).toISOString() });
    yield ',"chats":';
    yield* chatsAsJson(store, chats);
    yield "}\n";
  }
  return [
    route("GET", "/v1/chats/export", reader, async (request, caller, reply) => {
      const { format } = readQuery(exportQuery, request);
      const { ending, type } = kinds[format];
      const name = `pipit-chats-${new Date(clock.nowMs()).toISOString().slice(0, 10)}${ending}`;
      return sendFile(reply, { name, type }, document(format, caller.userId, allChats(store, caller.userId)));
    }),
    route("GET", "/v1/chats/:id/export", reader, async (request, caller, reply) => {
      const { id } = readParameters(idInPath, request.params);
      const { format } = readQuery(exportQuery, request);
      const chat = await findChat(store.chats, caller.userId, id);
      const { ending, type } = kinds[format];
      const name = chatFileName(chat.title, ending);
      return sendFile(reply, { name, type }, document(format, caller.userId, only(chat)));
    }),
  ];
}

async function* only(chat: Chat): AsyncGenerator<Chat> {
  yield chat;
}
