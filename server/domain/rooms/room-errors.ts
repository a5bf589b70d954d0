import { PipitError } from "#contract/pipit-error.ts";
import { invalidField } from "#server/domain/invalid-field.ts";

export function roomNotFound(): PipitError {
  const message = "There is no such room, or you are no member of it. Ask a member to invite you.";
  return new PipitError("ROOM_NOT_FOUND", message, { field: "room" });
}

export function noSuchPlace(): PipitError {
  return invalidField("resume_after", "the room has no such message. Leave it out, and read on from now.");
}

/** @param field that names it */
export function noSuchMessage(field: string): PipitError {
  return invalidField(field, "the room has no such message. Send the message_id of one that stands in it.");
}

export function noSuchPicture(): PipitError {
  return invalidField(
    "message_id",
    "the room has no such message with a picture. Send the message_id of one that shows a picture and is not deleted.",
  );
}

export function emptyMessage(): PipitError {
  return invalidField("text", "the message is empty. Write something.");
}

export function notTheAuthor(): PipitError {
  return new PipitError("NOT_ALLOWED", "Only its author can change or delete a message.", {
    field: "message_id",
  });
}

export function isAnswer(): PipitError {
  return new PipitError(
    "NOT_ALLOWED",
    "An answer of the assistant cannot be changed. Delete it, and ask again.",
    {
      field: "message_id",
    },
  );
}

export function notTheAsker(): PipitError {
  return new PipitError("NOT_ALLOWED", "Only who has asked can stop the answer.", { field: "message_id" });
}

export function notTheOwner(): PipitError {
  return new PipitError("NOT_ALLOWED", "Only the owner of a room removes its members. Ask the owner.", {
    field: "room",
  });
}

export function isCommonRoom(): PipitError {
  return invalidField("room", "this is the common room, in which everybody is. Name another one.");
}

export function roomFull(most: number): PipitError {
  return invalidField(
    "room",
    `${most} are in this room or invited to it, which is the limit. Remove somebody first.`,
  );
}
