import { checkFiles, type AttachedFile } from "#contract/attached-file.ts";
import type { MessagePart } from "#contract/chat-state.ts";
import {
  FILE_TEXT_MAX_CHARS,
  FILES_MAX,
  FILES_TEXT_MAX_CHARS,
  MODEL_NAME_MAX_CHARS,
} from "#contract/limits.ts";
import type { LeftOut, ReadChat } from "./read-chat.ts";
import { countOf, fieldsOf, idOf, listOf, nameOf, textOf, timeOf, type Fields } from "./loose.ts";
import { turnsOfTree, type MessageNode } from "./message-tree.ts";
import { toolPart } from "./tool-part.ts";

/** Stands for a question that was nothing but files. */
const FILES_MARK = "📎";

/** A conversation of Claude's `conversations.json`: messages one after another, or a tree where they name their parents. */
export function readClaudeChat(chat: Fields, nowMs: number, leftOut: LeftOut): ReadChat | undefined {
  const id = idOf(chat["uuid"]);
  if (id === undefined) return undefined;
  const createdAtMs = timeOf(chat["created_at"], nowMs) ?? timeOf(chat["updated_at"], nowMs) ?? nowMs;
  const nodes = new Map<string, MessageNode>();
  let last: string | undefined;
  for (const value of listOf(chat["chat_messages"])) {
    const message = fieldsOf(value);
    const messageId = idOf(message["uuid"]);
    if (messageId === undefined) continue;
    const parentId = idOf(message["parent_message_uuid"]) ?? last;
    nodes.set(messageId, toNode(messageId, parentId, message, nowMs, leftOut));
    last = messageId;
  }
  const current = idOf(chat["current_leaf_message_uuid"]) ?? last;
  const { turns, headTurnId } = turnsOfTree(nodes, current, createdAtMs);
  return {
    origin: "claude",
    id,
    title: textOf(chat["name"]),
    createdAtMs,
    updatedAtMs: Math.max(timeOf(chat["updated_at"], nowMs) ?? 0, createdAtMs),
    pinned: chat["is_starred"] === true,
    archived: false,
    headTurnId,
    turns,
  };
}

function toNode(
  id: string,
  parentId: string | undefined,
  message: Fields,
  nowMs: number,
  leftOut: LeftOut,
): MessageNode {
  const parts = partsOf(listOf(message["content"]));
  const blocks = parts.flatMap((part) => (part.kind === "text" ? part.text : []));
  const whole = textOf(message["text"]);
  const common = { id, parentId, childIds: [], atMs: timeOf(message["created_at"], nowMs) };
  if (message["sender"] === "human") {
    const files = filesOf(message, leftOut);
    const text = blocks.join("\n\n") || whole || (files.length > 0 ? FILES_MARK : "");
    return { ...common, role: text === "" ? "hidden" : "user", text, files, parts: [], model: undefined };
  }
  const told: readonly MessagePart[] =
    blocks.length > 0 || whole === "" ? parts : [...parts, { kind: "text", text: whole }];
  const model = nameOf(message["model"], MODEL_NAME_MAX_CHARS);
  const role = message["sender"] === "assistant" ? "assistant" : "hidden";
  return { ...common, role, text: "", files: [], parts: told, model };
}

function partsOf(blocks: readonly unknown[]): readonly MessagePart[] {
  const failed = new Set(
    blocks.map(fieldsOf).flatMap((block) => (block["is_error"] === true ? textOf(block["tool_use_id"]) : [])),
  );
  return blocks.map(fieldsOf).flatMap((block, place): readonly MessagePart[] => {
    const text = textOf(block["text"]);
    const thinking = textOf(block["thinking"]);
    if (block["type"] === "text" && text !== "") return [{ kind: "text", text }];
    if (block["type"] === "thinking" && thinking !== "") return [{ kind: "reasoning", text: thinking }];
    if (block["type"] !== "tool_use") return [];
    const id = idOf(block["id"]) ?? `call-${place}`;
    const values = Object.values(fieldsOf(block["input"])).map(textOf);
    return [toolPart(id, textOf(block["name"]), values.join(" "), failed.has(id))];
  });
}

/** What was read of the attached files; files of which the export has no text are left out. */
function filesOf(message: Fields, leftOut: LeftOut): readonly AttachedFile[] {
  const kept: AttachedFile[] = [];
  let room = FILES_TEXT_MAX_CHARS;
  for (const value of listOf(message["attachments"])) {
    const attached = fieldsOf(value);
    const all = textOf(attached["extracted_content"]);
    const text = all.slice(0, Math.min(FILE_TEXT_MAX_CHARS, room)).toWellFormed();
    if (text.trim() === "" || kept.length === FILES_MAX) {
      leftOut.files += 1;
      continue;
    }
    room -= text.length;
    const type = textOf(attached["file_type"]);
    kept.push({
      name: textOf(attached["file_name"]) || "file",
      mediaType: /^[\w.+-]{1,60}\/[\w.+-]{1,100}$/u.test(type) ? type : "text/plain",
      sizeBytes: countOf(attached["file_size"]),
      text,
      cut: text.length < all.length,
    });
  }
  leftOut.files += listOf(message["files"]).length;
  return checkFiles(kept);
}
