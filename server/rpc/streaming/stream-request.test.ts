import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { StreamRequestSchema } from "#proto/streaming_pb.ts";
import { PromptBuffers } from "./prompt-buffers.ts";
import { readStreamRequest } from "./stream-request.ts";

const caller = { userId: "ann", clientId: "test", scope: [], anonymous: false, kind: "user" } as const;

test("the picture goes from the call's message into the question", () => {
  const picture = Buffer.from("\xFF\xD8\xFF a picture", "latin1");
  const request = create(StreamRequestSchema, {
    prompt: "What is this?",
    hardwareId: "mac",
    screenshot: picture.toString("base64"),
  });
  const task = readStreamRequest(request, caller, new PromptBuffers({ nowMs: () => 0 }), () => undefined);
  expect(task).toMatchObject({ kind: "question", question: { screenshot: picture } });
  expect(request.screenshot).toBe("");
});
