import type { MessageInitShape } from "@bufbuild/protobuf";
import { CHANNELS, DTYPE, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { type AudioChunkSchema, type StreamResponseSchema, ToolEvent_State } from "#proto/streaming_pb.ts";
import type { TurnEvent } from "#server/domain/assistant/turn-types.ts";

/** One StreamResponse before it is encoded. */
export type StreamResponseInit = MessageInitShape<typeof StreamResponseSchema>;

/** Text of a normal end, as the original servers send it. */
const END_DONE = "done";

const toolStates = {
  started: ToolEvent_State.STARTED,
  done: ToolEvent_State.DONE,
  failed: ToolEvent_State.FAILED,
} as const;

/**
 * The wire form of an event; undefined for what this client must not see.
 *
 * @param extended whether the client knows our fields (>= 100): it set client_message_id
 */
export function toStreamResponse(event: TurnEvent, extended: boolean): StreamResponseInit | undefined {
  switch (event.type) {
    case "text":
      return { content: { case: "textChunk", value: event.text } };
    case "audio":
      return { content: { case: "audioChunk", value: audioChunk(event.pcm) } };
    case "end":
      return endMessage(END_DONE);
    default:
      return extended ? toExtension(event) : undefined;
  }
}

type ExtensionEvent = Exclude<TurnEvent, { readonly type: "text" | "audio" | "end" }>;

function toExtension(event: ExtensionEvent): StreamResponseInit {
  switch (event.type) {
    case "turn": {
      const { chatId, turnId, parentTurnId = "", replayed } = event;
      return { content: { case: "turn", value: { chatId, turnId, parentTurnId, replayed } } };
    }
    case "tool": {
      const { callId, name, summary } = event;
      return {
        content: { case: "toolEvent", value: { callId, name, summary, state: toolStates[event.state] } },
      };
    }
    case "title":
      return { content: { case: "title", value: event.title } };
    case "usage": {
      const { inputTokens, outputTokens, model } = event;
      return { content: { case: "usage", value: { inputTokens, outputTokens, model } } };
    }
    case "remembered": {
      const { turnId, memoryId, text } = event;
      return { content: { case: "remembered", value: { turnId, memoryId, text } } };
    }
    case "reasoning":
      return { content: { case: "reasoning", value: { text: event.text, takesText: event.takesText } } };
    case "notice":
      return { content: { case: "notice", value: { code: event.code, text: event.text } } };
  }
}

/** Speech on the wire: raw PCM, its shape left empty as the later original servers do. */
export function audioChunk(pcm: Uint8Array): MessageInitShape<typeof AudioChunkSchema> {
  return { audioData: pcm, dtype: DTYPE, shape: [], sampleRate: SAMPLE_RATE_HZ, channels: CHANNELS };
}

export function endMessage(text: string): StreamResponseInit {
  return { content: { case: "endMessage", value: text } };
}

export function errorMessage(text: string): StreamResponseInit {
  return { content: { case: "errorMessage", value: text } };
}
