import { PipitError } from "#contract/pipit-error.ts";
import type { AttachedFile } from "#contract/attached-file.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import type { OutboxRow } from "#engine/ports.ts";
import type { Branches } from "./branches.ts";
import type { Carried } from "./carried.ts";
import type { Draft } from "./chat-engine-api.ts";
import type { ChatViews } from "./chat-views.ts";
import type { Queue } from "./queue.ts";
import { questionOf } from "./shown-path.ts";

/** A question that was asked. */
interface Asked extends Pick<UserMessage, "id" | "text" | "image" | "turnId" | "parentTurnId" | "branch"> {
  readonly files?: readonly Omit<AttachedFile, "text">[];
  readonly status: UserMessage["status"]["kind"] | undefined;
  /** Absent: it is answered, or was stopped. */
  readonly row: OutboxRow | undefined;
}

interface AskedQuestionsDeps {
  readonly views: ChatViews;
  readonly queue: Queue;
  readonly branches: Branches;
  readonly carried: Carried;
}

/** Finds the questions of the shown chat and of the outbox, as they were asked. */
export class AskedQuestions {
  readonly #deps: AskedQuestionsDeps;

  constructor(deps: AskedQuestionsDeps) {
    this.#deps = deps;
  }

  /**
   * A question by its own id or that of its answer: on show, in the outbox, or both.
   *
   * @throws PipitError INVALID_REQUEST
   */
  of(messageId: string): Asked {
    const question = questionOf(this.#deps.views.store.getState().messages, messageId);
    const row = this.#deps.queue.row(question?.id ?? messageId);
    const asked = question ?? (row && { id: row.clientMessageId, ...row });
    if (asked === undefined) throw invalidRequest("This message is not in the chat any more.");
    return { ...asked, status: question?.status.kind, row };
  }

  /** As {@link of}, with the place of one that the server has begun to answer without having been heard. */
  async located(messageId: string): Promise<Asked> {
    const asked = this.of(messageId);
    const { chatId, connection } = this.#deps.views.store.getState();
    const isHere = chatId !== undefined && asked.row?.chatKey === chatId;
    if (!isHere || asked.turnId !== undefined || !this.#deps.queue.wasSent(asked.id)) return asked;
    if (connection !== "offline") await this.#deps.branches.readAgain(chatId);
    return this.of(messageId);
  }

  /**
   * A question as it was asked.
   *
   * @throws PipitError INVALID_REQUEST when it had a picture or files that are no longer at hand: without it, it is another question
   */
  async draftOf({ id, text, image, files, parentTurnId }: Asked): Promise<Draft> {
    const [keptImage, keptFiles] = [
      image && (await this.#deps.carried.image(id)),
      files && (await this.#deps.carried.files(id)),
    ];
    if (
      (image !== undefined && keptImage === undefined) ||
      (files !== undefined && keptFiles === undefined)
    ) {
      throw invalidRequest("What came with this message is no longer at hand. Attach it again and send.");
    }
    return {
      text,
      ...(parentTurnId === undefined ? {} : { parentTurnId }),
      ...(keptImage === undefined ? {} : { image: keptImage }),
      ...(keptFiles === undefined ? {} : { files: keptFiles }),
    };
  }
}

export function invalidRequest(message: string): PipitError {
  return new PipitError("INVALID_REQUEST", message);
}
