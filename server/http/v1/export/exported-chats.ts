import type { Chat, Picture, Turn } from "#server/domain/chats/ports.ts";
import { chatHead, chatMessages } from "#server/domain/memory-files/chat-file.ts";
import { listed, opened, PAGE, paged } from "../../kit/download.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { toChatBody } from "../chats.ts";
import { toProjectBody } from "../projects.ts";
import { toFileBody, toMessages } from "../messages.ts";

type Kept = Pick<HttpContext["store"], "chats" | "turns" | "auth">;

/** All chats of an account, in the order in which they were begun. */
export function allChats({ chats }: Pick<Kept, "chats">, userId: string): AsyncGenerator<Chat> {
  return paged<Chat>((after) => chats.inOrder(userId, PAGE, after));
}

/**
 * A list of JSON: chats, each with the messages of all its branches in the order in which they were asked, pictures in
 * base64, files with their texts; and with the whole of its project.
 */
export function chatsAsJson({ turns, auth }: Kept, chats: AsyncIterable<Chat>): AsyncGenerator<string> {
  return listed(chats, async function* (chat) {
    const { id, userId, projectId } = chat;
    const project = projectId === undefined ? undefined : await auth.projects.find(userId, projectId);
    // What was seen is no part of a chat.
    const body = toChatBody({ ...chat, unread: false });
    yield opened({ ...body, ...(project !== undefined && { project: toProjectBody(project) }) });
    yield ',"messages":';
    yield* listed(turnsOf(turns, chat), async function* (turn) {
      const [question, answer] = toMessages({ turn, siblings: [], picture: undefined });
      const picture = turn.hadImage ? await turns.picture(userId, id, turn.id) : undefined;
      const files =
        turn.files.length > 0 ? (await turns.files(userId, id, [turn.id])).get(turn.id) : undefined;
      yield JSON.stringify({
        ...question,
        ...(files !== undefined && { files: files.map(toFileBody) }),
        ...(picture !== undefined && { picture: toPictureBody(picture) }),
      });
      if (answer !== undefined) yield `,${JSON.stringify(answer)}`;
    });
    yield "}";
  });
}

/** Chats as their memory files show them, one after another: what was said, in all branches, without pictures and files. */
export async function* chatsAsMarkdown(
  { turns }: Pick<Kept, "turns">,
  chats: AsyncIterable<Chat>,
  userName: string,
): AsyncGenerator<string> {
  let gap = "";
  for await (const chat of chats) {
    const filed = { ...chat, userName, isAccountActive: true };
    yield gap + chatHead(filed).text;
    gap = "\n";
    for await (const turn of turnsOf(turns, chat)) {
      if (turn.status === "running") continue;
      const { createdAtMs: askedAtMs, finishedAtMs: answeredAtMs = askedAtMs } = turn;
      yield* chatMessages(filed, [{ ...turn, askedAtMs, answeredAtMs }]);
    }
  }
}

/** A picture with its bytes. */
export function toPictureBody({ jpeg, ...size }: Picture): Record<string, unknown> {
  return { ...size, jpeg: Buffer.from(jpeg).toString("base64") };
}

function turnsOf(turns: Kept["turns"], { id, userId }: Chat): AsyncGenerator<Turn> {
  return paged<Turn>((after) => turns.inOrder(userId, id, PAGE, after?.index));
}
