import type { MessagePart } from "#contract/chat-state.ts";
import { MODEL_NAME_MAX_CHARS } from "#contract/limits.ts";
import type { LeftOut, ReadChat } from "./read-chat.ts";
import { fieldsOf, idOf, listOf, nameOf, textOf, timeOf, type Fields } from "./loose.ts";
import { turnsOfTree, type MessageNode } from "./message-tree.ts";
import { toolPart } from "./tool-part.ts";

/** Stands for a question that was nothing but a picture. */
const PICTURE_MARK = "🖼";

/** A conversation of ChatGPT's `conversations.json`: a tree of messages, of which the path to `current_node` is shown. */
export function readChatGptChat(chat: Fields, nowMs: number, leftOut: LeftOut): ReadChat | undefined {
  const id = idOf(chat["conversation_id"]) ?? idOf(chat["id"]);
  if (id === undefined) return undefined;
  const createdAtMs = timeOf(chat["create_time"], nowMs) ?? timeOf(chat["update_time"], nowMs) ?? nowMs;
  const nodes = new Map<string, MessageNode>();
  for (const [key, value] of Object.entries(fieldsOf(chat["mapping"]))) {
    const nodeId = idOf(key);
    if (nodeId !== undefined) nodes.set(nodeId, toNode(nodeId, fieldsOf(value), nowMs, leftOut));
  }
  const { turns, headTurnId } = turnsOfTree(nodes, idOf(chat["current_node"]), createdAtMs);
  return {
    origin: "chatgpt",
    id,
    title: textOf(chat["title"]),
    createdAtMs,
    updatedAtMs: Math.max(timeOf(chat["update_time"], nowMs) ?? 0, createdAtMs),
    pinned: chat["is_starred"] === true || typeof chat["pinned_time"] === "number",
    archived: chat["is_archived"] === true,
    headTurnId,
    turns,
  };
}

function toNode(id: string, node: Fields, nowMs: number, leftOut: LeftOut): MessageNode {
  const message = fieldsOf(node["message"]);
  const metadata = fieldsOf(message["metadata"]);
  const author = fieldsOf(message["author"]);
  const said = {
    id,
    parentId: idOf(node["parent"]),
    childIds: listOf(node["children"]).flatMap((child) => idOf(child) ?? []),
    text: "",
    files: [],
    parts: [],
    model: nameOf(metadata["model_slug"], MODEL_NAME_MAX_CHARS),
    atMs: timeOf(message["create_time"], nowMs),
  };
  const content = fieldsOf(message["content"]);
  if (metadata["is_visually_hidden_from_conversation"] === true) return { ...said, role: "hidden" };
  if (author["role"] === "user" && !isContext(content)) {
    leftOut.files += listOf(metadata["attachments"]).filter((one) => !isPicture(one)).length;
    const pictures = picturesIn(content);
    leftOut.pictures += pictures;
    const text = textIn(content) || (pictures > 0 ? PICTURE_MARK : "");
    return { ...said, role: text === "" ? "hidden" : "user", text };
  }
  if (author["role"] === "assistant") {
    leftOut.pictures += picturesIn(content);
    return { ...said, role: "assistant", parts: answerOf(id, message, content) };
  }
  // What a tool gave back is told by the answer that follows it.
  if (author["role"] === "tool") leftOut.pictures += picturesIn(content);
  return { ...said, role: "hidden" };
}

/** What the person told ChatGPT of themselves, which every conversation repeats. */
function isContext(content: Fields): boolean {
  return textOf(content["content_type"]).endsWith("_editable_context");
}

function answerOf(id: string, message: Fields, content: Fields): readonly MessagePart[] {
  const recipient = textOf(message["recipient"]);
  const text = textIn(content);
  if (recipient !== "" && recipient !== "all") return [toolPart(id, recipient, text)];
  const type = content["content_type"];
  if (type === "thoughts") {
    const thoughts = listOf(content["thoughts"]).map((one) => {
      const { summary, content: more } = fieldsOf(one);
      return [textOf(summary), textOf(more)].filter((line) => line !== "").join("\n");
    });
    const reasoning = thoughts.join("\n\n").trim();
    return reasoning === "" ? [] : [{ kind: "reasoning", text: reasoning }];
  }
  if (type === "reasoning_recap" || isContext(content) || text === "") return [];
  if (type !== "code") return [{ kind: "text", text }];
  const language = textOf(content["language"]);
  return [{ kind: "text", text: fenced(text, /^\w{1,20}$/u.test(language) ? language : "") }];
}

/** A block of code that what is in it cannot end. */
function fenced(code: string, language: string): string {
  const longest = (code.match(/`+/gu) ?? []).reduce((most, { length }) => Math.max(most, length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${code}\n${fence}`;
}

function textIn(content: Fields): string {
  const parts = listOf(content["parts"]).map((part) => textOf(part) || textOf(fieldsOf(part)["text"]));
  const text = parts.filter((part) => part !== "").join("\n\n");
  return text || textOf(content["text"]) || textOf(content["result"]);
}

function picturesIn(content: Fields): number {
  return listOf(content["parts"]).filter((part) => fieldsOf(part)["content_type"] === "image_asset_pointer")
    .length;
}

function isPicture(attachment: unknown): boolean {
  return textOf(fieldsOf(attachment)["mime_type"]).startsWith("image/");
}
