import { Readable } from "node:stream";
import { PipitError } from "#contract/pipit-error.ts";
import { ownersLook } from "#server/domain/access/access.ts";
import type { AuditRecord } from "#server/domain/audit/audit-reader.ts";
import type { Chat, Turn, UsageReport } from "#server/domain/chats/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { toSessionBody } from "../kit/session-body.ts";
import { toApiKeyBody } from "../v1/api-keys.ts";
import { toChatBody } from "../v1/chats.ts";
import { toFileBody, toMessages } from "../v1/messages.ts";
import { toAccountBody } from "./account-answer.ts";

type Kept = Pick<HttpContext["store"], "chats" | "turns" | "usage" | "auditReader">;

/** So many answers are in memory at once, for each one who downloads. */
const PAGE = 20;

/**
 * `GET /auth/export`: what is kept of the caller, as one file of JSON. It is read as it is sent, and no longer than the
 * client takes it.
 */
export function exportRoute({ store, sessions, webSessions, apiKeys, clock }: HttpContext): CallerRoute {
  return route("GET", "/auth/export", ownersLook, async (_request, caller, reply) => {
    const { userId } = caller;
    const account = await store.auth.accounts.findById(userId);
    if (account === undefined) throw new PipitError("TOKEN_INVALID", "This account is gone.");
    const browsers = await webSessions.listLive(userId);
    const programs = await sessions.listLive(userId);
    const keys = await apiKeys.list(userId);
    const choices = await store.modelChoices.all(userId);
    const exportedAt = new Date(clock.nowMs()).toISOString();
    const first = {
      exported_at: exportedAt,
      account: toAccountBody(account),
      browsers: browsers.map((session) => toSessionBody(session, session.lastSeenAtMs, caller.webSessionId)),
      programs: programs.map((family) => toSessionBody(family, family.lastUsedAtMs, caller.sessionId)),
      api_keys: keys.map(toApiKeyBody),
      models: choices.map(({ chatId, model }) => ({ chat_id: chatId ?? null, model })),
    };
    reply
      .header("content-type", "application/json; charset=utf-8")
      .header("content-disposition", attachment(`pipit-${account.login}-${exportedAt.slice(0, 10)}.json`))
      .header("cache-control", "no-store");
    return Readable.from(written(store, userId, first));
  });
}

/** RFC 6266, Appendix D: a name for every client, and the one with the letters that ASCII has not. */
function attachment(name: string): string {
  const plain = name.replaceAll(/[^\w.@-]/g, "_");
  const exact = plain === name ? "" : `; filename*=UTF-8''${encodeURIComponent(name)}`;
  return `attachment; filename="${plain}"${exact}`;
}

async function* written(store: Kept, userId: string, first: object): AsyncGenerator<string> {
  yield opened(first);
  yield ',"chats":';
  const chats = paged<Chat>((after) => store.chats.inOrder(userId, PAGE, after));
  yield* listed(chats, (chat) => writtenChat(store, chat));
  yield ',"usage":';
  const reports = paged<UsageReport>((after) => store.usage.inOrder(userId, PAGE, after));
  yield* listed(reports, async function* (report) {
    yield JSON.stringify(toUsageBody(report));
  });
  yield ',"events":';
  const events = paged<AuditRecord>(
    async (before) => (await store.auditReader?.list({ userId, before, limit: PAGE })) ?? [],
  );
  yield* listed(events, async function* (event) {
    yield JSON.stringify(toEventBody(event));
  });
  yield "}\n";
}

async function* writtenChat({ turns }: Pick<Kept, "turns">, chat: Chat): AsyncGenerator<string> {
  const { id, userId } = chat;
  yield opened(toChatBody(chat));
  yield ',"messages":';
  const asked = paged<Turn>((after) => turns.inOrder(userId, id, PAGE, after?.index));
  yield* listed(asked, async function* (turn) {
    const [question, answer] = toMessages({ turn, siblings: [], picture: undefined });
    const picture = turn.hadImage ? await turns.picture(userId, id, turn.id) : undefined;
    const files = turn.files.length > 0 ? (await turns.files(userId, id, [turn.id])).get(turn.id) : undefined;
    yield JSON.stringify({
      ...question,
      ...(files !== undefined && { files: files.map(toFileBody) }),
      ...(picture !== undefined && {
        picture: { ...picture, jpeg: Buffer.from(picture.jpeg).toString("base64") },
      }),
    });
    if (answer !== undefined) yield `,${JSON.stringify(answer)}`;
  });
  yield "}";
}

/** An object that goes on. */
function opened(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}

async function* listed<Item>(
  items: AsyncIterable<Item>,
  write: (item: Item) => AsyncIterable<string>,
): AsyncGenerator<string> {
  yield "[";
  let isFirst = true;
  for await (const item of items) {
    if (!isFirst) yield ",\n";
    isFirst = false;
    yield* write(item);
  }
  yield "]";
}

/** All items of a list that is read in pages of {@link PAGE}. */
async function* paged<Item>(next: (last: Item | undefined) => Promise<readonly Item[]>) {
  let last: Item | undefined;
  for (;;) {
    const page = await next(last);
    yield* page;
    if (page.length < PAGE) return;
    last = page.at(-1);
  }
}

function toUsageBody(report: UsageReport): Record<string, unknown> {
  return {
    reported_at: new Date(report.createdAtMs).toISOString(),
    hardware_id: report.hardwareId,
    session_id: report.sessionId,
    source: report.source,
    model: report.model,
    input_tokens: report.inputTokens,
    output_tokens: report.outputTokens,
  };
}

function toEventBody(event: AuditRecord): Record<string, unknown> {
  return {
    event: event.event,
    outcome: event.outcome,
    reason: event.reason ?? null,
    client_id: event.clientId ?? null,
    session_id: event.familyId ?? null,
    ip_address: event.ip ?? null,
    user_agent: event.userAgent ?? null,
    created_at: new Date(event.atMs).toISOString(),
    data: event.data ?? null,
  };
}
