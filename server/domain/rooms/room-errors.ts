import { PipitError } from "#contract/pipit-error.ts";
import { invalidField } from "#server/domain/invalid-field.ts";

export function roomNotFound(): PipitError {
  const message = "There is no such room, or you are no member of it. Ask a member to invite you.";
  return new PipitError("ROOM_NOT_FOUND", message, { field: "room" });
}

export function noSuchMessage(): PipitError {
  return invalidField("resume_after", "the room has no such message. Leave it out, and read on from now.");
}
