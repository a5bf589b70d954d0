import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { decodeScreenshot } from "#server/domain/assistant/screenshot.ts";
import type { AskedMessage } from "#server/domain/assistant/completions.ts";

const textPart = z.object({ type: z.enum(["text", "input_text", "output_text"]), text: z.string() });
const refusalPart = z.object({ type: z.literal("refusal"), refusal: z.string() });
const imagePart = z.object({
  type: z.literal("image_url"),
  image_url: z.object({ url: z.string() }).or(z.string()),
});
const inputImagePart = z.object({ type: z.literal("input_image"), image_url: z.string() });
const part = z.union([textPart, refusalPart, imagePart, inputImagePart]);
const content = z.string().or(z.array(part));
const call = z.object({
  id: z.string().min(1),
  type: z.literal("function").optional(),
  function: z.object({ name: z.string().min(1), arguments: z.string() }),
});
const message = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer"]), content }),
  z.object({ role: z.literal("user"), content }),
  z.object({
    role: z.literal("assistant"),
    content: content.nullish(),
    tool_calls: z.array(call).nullish(),
  }),
  z.object({ role: z.literal("tool"), content, tool_call_id: z.string().min(1) }),
]);

/** Messages of a request. @throws PipitError INVALID_REQUEST or SCREENSHOT_*, with where it is */
export function readMessages(given: readonly unknown[]): readonly AskedMessage[] {
  return given.map((one, at) => readMessage(one, `messages[${at}]`));
}

/** @param place where it is in the request, for errors */
export function readMessage(given: unknown, place: string): AskedMessage {
  const { success, data } = message.safeParse(given);
  if (!success) {
    throw new PipitError(
      "INVALID_REQUEST",
      `${place}: must have the role system, developer, user, assistant or tool, and content that is text or parts of the types text and image_url.`,
      { field: place },
    );
  }
  const { text, pictures } = readContent(data.content ?? "", place);
  if (pictures.length > 0 && data.role !== "user") {
    throw new PipitError("INVALID_REQUEST", `${place}: only messages of the user have pictures.`, {
      field: place,
    });
  }
  switch (data.role) {
    case "system":
    case "developer":
      return { role: "system", text, pictures };
    case "user":
      return { role: "user", text, pictures };
    case "tool":
      return { role: "tool", text, pictures, callId: data.tool_call_id };
    case "assistant": {
      const calls = (data.tool_calls ?? []).map(({ id, function: { name, arguments: input } }) => ({
        id,
        name,
        input,
      }));
      return { role: "assistant", text, pictures, ...(calls.length > 0 && { calls }) };
    }
  }
}

function readContent(given: z.infer<typeof content>, place: string) {
  if (typeof given === "string") return { text: given, pictures: [] };
  const texts: string[] = [];
  const pictures: Uint8Array[] = [];
  for (const [at, one] of given.entries()) {
    if ("text" in one) texts.push(one.text);
    else if ("refusal" in one) texts.push(one.refusal);
    else {
      const url = typeof one.image_url === "string" ? one.image_url : one.image_url.url;
      pictures.push(pictureOf(url, `${place}.content[${at}]`));
    }
  }
  return { text: texts.join("\n"), pictures };
}

/** Only a data URL: this server fetches nothing that a client names, for what it can reach is not for every client. */
function pictureOf(url: string, place: string): Uint8Array {
  const base64 = /^data:image\/(?:jpeg|jpg|png|webp);base64,(?=.)/i.exec(url);
  if (base64 === null) {
    throw new PipitError(
      "INVALID_REQUEST",
      `${place}: a picture must come as data:image/jpeg;base64,... (or png, webp). Addresses are not fetched: send what is there.`,
      { field: place },
    );
  }
  try {
    const bytes = decodeScreenshot(url.slice(base64[0].length));
    if (bytes !== undefined) return bytes;
  } catch (reason) {
    const { code, message: why } = PipitError.from(reason);
    throw new PipitError(code, `${place}: ${why}`, { field: place });
  }
  throw new PipitError("SCREENSHOT_INVALID", `${place}: the picture is empty.`, { field: place });
}
