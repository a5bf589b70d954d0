import { checkFiles, type AttachedFile } from "#contract/attached-file.ts";
import type { MessagePart } from "#contract/chat-state.ts";
import { MODEL_NAME_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { titleFrom } from "#server/domain/chats/title.ts";
import { checkInstructions } from "#server/domain/projects/project-rules.ts";
import type { ImportedProject, ImportedTurn } from "./imported-chat.ts";
import type { LeftOut, ReadChat } from "./read-chat.ts";
import { countOf, fieldsOf, idOf, listOf, nameOf, textOf, timeOf, type Fields } from "./loose.ts";

const SIDE_MAX_PX = 32_768;
const CODE_MAX_CHARS = 100;
const FAILURE_MAX_CHARS = 2_000;
/** Of what tells of a tool. */
const LINE_MAX_CHARS = 2_000;
/** All others have been stopped. */
const statuses = ["done", "failed"] as const;

/** A chat of our own export: its messages come in the order in which they were asked, each question before its answer. */
export function readPipitChat(chat: Fields, nowMs: number, leftOut: LeftOut): ReadChat | undefined {
  const id = idOf(chat["id"]);
  if (id === undefined) return undefined;
  const createdAtMs = timeOf(chat["created_at"], nowMs) ?? nowMs;
  const turns: ImportedTurn[] = [];
  for (const message of listOf(chat["messages"]).map(fieldsOf)) {
    const turnId = idOf(message["turn_id"]);
    if (turnId === undefined) continue;
    const last = turns.at(-1);
    if (message["role"] === "user") turns.push(questionOf(turnId, message, createdAtMs, nowMs, leftOut));
    else if (last?.id === turnId) turns[turns.length - 1] = answered(last, message, nowMs);
  }
  return {
    origin: "pipit",
    id,
    title: textOf(chat["title"]),
    createdAtMs,
    updatedAtMs: Math.max(timeOf(chat["updated_at"], nowMs) ?? 0, createdAtMs),
    pinned: chat["pinned"] === true,
    archived: chat["archived"] === true,
    project: projectOf(fieldsOf(chat["project"]), createdAtMs, nowMs),
    headTurnId: idOf(chat["head_turn_id"]),
    turns,
  };
}

function questionOf(
  id: string,
  message: Fields,
  chatAtMs: number,
  nowMs: number,
  leftOut: LeftOut,
): ImportedTurn {
  const atMs = timeOf(message["created_at"], nowMs) ?? chatAtMs;
  const failure = fieldsOf(message["failure"]);
  const code = nameOf(failure["code"], CODE_MAX_CHARS);
  return {
    id,
    parentTurnId: idOf(message["parent_turn_id"]),
    index: Number.isInteger(message["step_number"]) ? countOf(message["step_number"]) : undefined,
    clientMessageId: idOf(message["client_message_id"]),
    userText: contentOf(message)
      .map((part) => textOf(part["text"]))
      .join(""),
    files: filesOf(listOf(message["files"]), leftOut),
    picture: pictureOf(message["picture"], leftOut),
    parts: [],
    // One that was running when it was exported has ended without its answer.
    status: statuses.find((status) => status === message["status"]) ?? "cancelled",
    failure:
      code === undefined
        ? undefined
        : { code, message: nameOf(failure["message"], FAILURE_MAX_CHARS) ?? code },
    model: undefined,
    inputTokens: 0,
    outputTokens: 0,
    createdAtMs: atMs,
    finishedAtMs: atMs,
  };
}

function answered(turn: ImportedTurn, message: Fields, nowMs: number): ImportedTurn {
  const usage = fieldsOf(message["usage"]);
  return {
    ...turn,
    parts: contentOf(message).flatMap(toPart),
    model: nameOf(fieldsOf(message["step_data"])["model"], MODEL_NAME_MAX_CHARS),
    inputTokens: countOf(usage["input_tokens"]),
    outputTokens: countOf(usage["output_tokens"]),
    finishedAtMs: timeOf(message["created_at"], nowMs) ?? turn.createdAtMs,
  };
}

function contentOf(message: Fields): readonly Fields[] {
  return listOf(fieldsOf(message["content"])["content"]).map(fieldsOf);
}

function toPart(part: Fields): readonly MessagePart[] {
  const text = textOf(part["text"]);
  switch (part["type"]) {
    case "text":
    case "reasoning":
      return [{ kind: part["type"], text }];
    case "notice":
      return [{ kind: "notice", code: lineOf(part["code"]), text }];
    case "tool": {
      const state = part["state"] === "failed" ? "failed" : "done";
      const [callId, name, summary] = [part["call_id"], part["name"], part["summary"]].map(lineOf);
      return [{ kind: "tool", callId: callId ?? "", name: name ?? "", state, summary: summary ?? "" }];
    }
    default:
      return [];
  }
}

function lineOf(value: unknown): string {
  return nameOf(value, LINE_MAX_CHARS) ?? "";
}

function projectOf(project: Fields, chatAtMs: number, nowMs: number): ImportedProject | undefined {
  const [id, name] = [idOf(project["id"]), titleFrom(textOf(project["name"]))];
  if (id === undefined || name === "") return undefined;
  const createdAtMs = timeOf(project["created_at"], nowMs) ?? chatAtMs;
  return {
    id,
    name,
    instructions: instructionsOf(textOf(project["instructions"])),
    remembers: project["memory"] !== false,
    createdAtMs,
    updatedAtMs: timeOf(project["updated_at"], nowMs) ?? createdAtMs,
  };
}

/** "" for those that no server of ours wrote. */
function instructionsOf(text: string): string {
  try {
    return checkInstructions(text);
  } catch (error) {
    if (!(error instanceof PipitError)) throw error;
    return "";
  }
}

function filesOf(files: readonly unknown[], leftOut: LeftOut): readonly AttachedFile[] {
  const read = files.map(fieldsOf).map((file): AttachedFile => {
    const { pages } = file;
    return {
      name: textOf(file["name"]),
      mediaType: textOf(file["media_type"]),
      sizeBytes: countOf(file["bytes"]),
      ...(typeof pages === "number" && { pages: countOf(pages) }),
      text: textOf(file["text"]),
      cut: file["cut"] === true,
    };
  });
  try {
    return checkFiles(read);
  } catch (error) {
    if (!(error instanceof PipitError)) throw error;
    leftOut.files += read.length;
    return [];
  }
}

function pictureOf(value: unknown, leftOut: LeftOut): ImportedTurn["picture"] {
  if (value === undefined || value === null) return undefined;
  const picture = fieldsOf(value);
  const jpeg = textOf(picture["jpeg"]);
  const bytes = Buffer.from(jpeg, "base64");
  const [width, height] = [countOf(picture["width"]), countOf(picture["height"])];
  const isSize = [width, height].every((side) => side > 0 && side <= SIDE_MAX_PX);
  const isJpeg = bytes.subarray(0, 3).toString("hex") === "ffd8ff";
  // Written as every program of ours writes it, else it would not come out as it went in.
  const isOurs = bytes.byteLength <= SCREENSHOT_MAX_BYTES && bytes.toString("base64") === jpeg;
  if (isSize && isJpeg && isOurs) return { width, height, jpeg };
  leftOut.pictures += 1;
  return undefined;
}
