import { PipitError } from "#contract/pipit-error.ts";
import { ownersLook } from "#server/domain/access/access.ts";
import type { AuditRecord } from "#server/domain/audit/audit-reader.ts";
import type { Picture, UsageReport } from "#server/domain/chats/ports.ts";
import type { KeptEvent } from "#server/domain/events/ports.ts";
import type { RoomSummary } from "#server/domain/rooms/member-ports.ts";
import type { RoomEntry } from "#server/domain/rooms/ports.ts";
import { listed, opened, PAGE, paged, sendFile } from "../kit/download.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { toSessionBody } from "../kit/session-body.ts";
import { toApiKeyBody } from "../v1/api-keys.ts";
import { toProjectBody } from "../v1/projects.ts";
import { toTokensBody } from "../v1/usage.ts";
import { allChats, chatsAsJson, toPictureBody } from "../v1/export/exported-chats.ts";
import { toMemoryBody } from "../v1/memories.ts";
import { toAccountBody } from "./account-answer.ts";

type Kept = Pick<
  HttpContext["store"],
  "chats" | "turns" | "auth" | "usage" | "rooms" | "programEvents" | "auditReader"
>;

/** `GET /auth/export`: what is kept of the caller, as one file of JSON. */
export function exportRoute(deps: HttpContext): CallerRoute {
  return route("GET", "/auth/export", ownersLook, async (_request, caller, reply) => {
    const { name, pieces } = await accountExport(deps, caller.userId, caller);
    return sendFile(reply, { name, type: "application/json" }, pieces);
  });
}

interface ExportDeps extends Pick<HttpContext, "sessions" | "webSessions" | "apiKeys" | "clock"> {
  readonly store: Kept & Pick<HttpContext["store"], "tokenUse" | "modelChoices">;
}

/**
 * All that is kept of an account: the name of a file, and its content, which is read as it is written.
 *
 * @param asking the session that asks, if one does
 * @throws PipitError TOKEN_INVALID when there is no such account
 */
export async function accountExport(
  { store, sessions, webSessions, apiKeys, clock }: ExportDeps,
  userId: string,
  asking: { readonly webSessionId?: string | undefined; readonly sessionId?: string | undefined } = {},
): Promise<{ readonly name: string; readonly pieces: AsyncIterable<string> }> {
  const account = await store.auth.accounts.findById(userId);
  if (account === undefined) throw new PipitError("TOKEN_INVALID", "This account is gone.");
  const browsers = await webSessions.listLive(userId);
  const programs = await sessions.listLive(userId);
  const keys = await apiKeys.list(userId);
  const used = await store.tokenUse.all(userId);
  const choices = await store.modelChoices.all(userId);
  const memories = await store.auth.memories.list(userId);
  const projects = await store.auth.projects.list(userId);
  const exportedAt = new Date(clock.nowMs()).toISOString();
  const first = {
    exported_at: exportedAt,
    account: toAccountBody(account),
    browsers: browsers.map((session) => toSessionBody(session, session.lastSeenAtMs, asking.webSessionId)),
    programs: programs.map((family) => toSessionBody(family, family.lastUsedAtMs, asking.sessionId)),
    api_keys: keys.map(toApiKeyBody),
    memories: memories.map(toMemoryBody),
    projects: projects.map(toProjectBody),
    models: choices.map(({ chatId, model }) => ({ chat_id: chatId ?? null, model })),
    tokens: used.map(({ day, model, chatId, ...sum }) => ({
      day,
      model,
      chat_id: chatId ?? null,
      ...toTokensBody(sum),
    })),
  };
  const name = `pipit-${account.login}-${exportedAt.slice(0, 10)}.json`;
  return { name, pieces: written(store, userId, first) };
}

async function* written(store: Kept, userId: string, first: object): AsyncGenerator<string> {
  yield opened(first);
  yield ',"chats":';
  yield* chatsAsJson(store, allChats(store, userId));
  yield ',"usage":';
  const reports = paged<UsageReport>((after) => store.usage.inOrder(userId, PAGE, after));
  yield* listed(reports, async function* (report) {
    yield JSON.stringify(toUsageBody(report));
  });
  yield ',"rooms":';
  const rooms = paged<RoomSummary>((last) =>
    store.auth.roomMembers.list(userId, last && { atMs: last.updatedAtMs, id: last.id }, PAGE),
  );
  yield* listed(rooms, async function* (room) {
    yield JSON.stringify(toRoomBody(room));
  });
  yield ',"room_messages":';
  const messages = paged<RoomEntry>((after) => store.rooms.ofAuthor(userId, after, PAGE));
  yield* listed(messages, async function* (message) {
    const picture = message.picture && (await store.rooms.ownPicture(userId, message.id));
    yield JSON.stringify(toMessageBody(message, picture));
  });
  yield ',"program_events":';
  const sent = paged<KeptEvent>((after) => store.programEvents.inOrder(userId, PAGE, after));
  yield* listed(sent, async function* ({ receivedAtMs, data }) {
    yield `{"received_at":${JSON.stringify(timeOf(receivedAtMs))},"event":${data}}`;
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

function toRoomBody({ id, name, state, invitedBy, readSeq }: RoomSummary): Record<string, unknown> {
  return { id, name, state, invited_by: invitedBy === "" ? null : invitedBy, read_seq: readSeq };
}

function toMessageBody(message: RoomEntry, picture: Picture | undefined): Record<string, unknown> {
  const { id, roomId, seq, text, sentAtMs, editedAtMs, deletedAtMs, replyTo } = message;
  return {
    id,
    room_id: roomId,
    seq,
    text,
    sent_at: timeOf(sentAtMs),
    edited_at: timeOf(editedAtMs),
    deleted_at: timeOf(deletedAtMs),
    reply_to: replyTo ?? null,
    from_assistant: message.askedBy !== undefined,
    ...(picture !== undefined && { picture: toPictureBody(picture) }),
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
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
