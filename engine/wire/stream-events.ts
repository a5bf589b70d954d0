import { create } from "@bufbuild/protobuf";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { StreamCall } from "#engine/ports.ts";
import {
  StreamRequestSchema,
  ToolEvent_State,
  type StreamRequest,
  type StreamResponse,
  type ToolEvent,
} from "#proto/streaming_pb.ts";
import { toBase64 } from "./base64.ts";
import type { PcmConverter } from "./pcm-convert.ts";

/** The wire form of a question. Absent optional fields stay absent: presence means something (wire-facts §1.4). */
export function toStreamRequest(call: StreamCall): StreamRequest {
  return create(StreamRequestSchema, {
    prompt: call.prompt,
    hardwareId: call.hardwareId,
    clientMessageId: call.clientMessageId,
    speak: call.speak,
    ...(call.sessionId === undefined ? {} : { sessionId: call.sessionId }),
    ...(call.chatId === undefined ? {} : { chatId: call.chatId }),
    ...(call.locale === undefined ? {} : { locale: call.locale }),
    ...(call.searchAllChats === undefined ? {} : { searchAllChats: call.searchAllChats }),
    ...(call.image === undefined
      ? {}
      : {
          screenshot: toBase64(call.image.bytes),
          screenWidth: call.image.widthPx,
          screenHeight: call.image.heightPx,
        }),
  });
}

/**
 * One response as an event, or undefined for what this client does not know or cannot use: newer fields, actions of the
 * original programs, empty text, unplayable audio. `error_message` is the caller's business.
 */
export function toChatEvent(response: StreamResponse, pcm: PcmConverter): ChatEvent | undefined {
  const { content } = response;
  switch (content.case) {
    case "textChunk":
      return content.value === "" ? undefined : { type: "text", text: content.value };
    case "audioChunk": {
      const bytes = pcm.convert(content.value);
      return bytes === undefined ? undefined : { type: "audio", pcm: bytes };
    }
    case "endMessage":
      return { type: "end" };
    case "turn": {
      const { chatId, turnId, replayed } = content.value;
      return { type: "turn", chatId, turnId, replayed };
    }
    case "toolEvent":
      return toToolEvent(content.value);
    case "title":
      return { type: "title", title: content.value };
    case "usage": {
      const { inputTokens, outputTokens, model } = content.value;
      return { type: "usage", inputTokens, outputTokens, model };
    }
    case "notice":
      return { type: "notice", code: content.value.code, text: content.value.text };
    default:
      return undefined;
  }
}

function toToolEvent(event: ToolEvent): ChatEvent | undefined {
  const state = toolState(event.state);
  if (state === undefined) return undefined;
  return { type: "tool", callId: event.callId, name: event.name, state, summary: event.summary };
}

function toolState(state: ToolEvent_State): "started" | "done" | "failed" | undefined {
  switch (state) {
    case ToolEvent_State.STARTED:
      return "started";
    case ToolEvent_State.DONE:
      return "done";
    case ToolEvent_State.FAILED:
      return "failed";
    default:
      return undefined;
  }
}
