import type { AttachedFile } from "#contract/attached-file.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { OutboxRow } from "#engine/ports.ts";
import type { Branches } from "./branches.ts";
import type { Draft } from "./chat-engine-api.ts";
import type { Queue } from "./queue.ts";
import { createShelf } from "#engine/store/shelf.ts";

interface CarriedDeps {
  readonly queue: Pick<Queue, "row" | "picture">;
  readonly branches: Pick<Branches, "picture" | "files">;
  /** A question on show, by its own id or that of its answer. */
  readonly question: (messageId: string) => UserMessage | undefined;
}

/** What messages carry besides their texts: from memory, the outbox, or the server. Reading throws what the history throws. */
export class Carried {
  readonly #deps: CarriedDeps;
  readonly #images = createShelf<ScreenImage>(({ bytes }) => bytes.byteLength);
  /** Their texts, two bytes a code unit. */
  readonly #files = createShelf<readonly AttachedFile[]>((files) =>
    files.reduce((sum, { text }) => sum + 2 * text.length, 0),
  );

  constructor(deps: CarriedDeps) {
    this.#deps = deps;
  }

  /** Of a message that was just stored. */
  keep(id: string, { image, files }: Pick<Draft, "image" | "files">): void {
    if (image !== undefined) this.#images.put(id, image);
    if (files !== undefined) this.#files.put(id, files);
  }

  drop(id: string): void {
    this.#images.drop(id);
    this.#files.drop(id);
  }

  async image(messageId: string): Promise<ScreenImage | undefined> {
    const { queue, branches } = this.#deps;
    const row = queue.row(messageId);
    const kept = this.#images.get(messageId) ?? (row && (await this.#imageOf(row)));
    if (kept !== undefined) return kept;
    const question = this.#deps.question(messageId);
    if (question?.image === undefined) return undefined;
    const stored = await branches.picture(question);
    if (stored !== undefined) this.#images.put(question.id, stored);
    return stored;
  }

  async files(messageId: string): Promise<readonly AttachedFile[] | undefined> {
    const { queue, branches } = this.#deps;
    const kept = queue.row(messageId)?.files ?? this.#files.get(messageId);
    const question = this.#deps.question(messageId);
    return kept ?? (question?.files && (await branches.files(question)));
  }

  async #imageOf({ clientMessageId: id, image }: OutboxRow): Promise<ScreenImage | undefined> {
    const bytes = await this.#deps.queue.picture(id);
    if (image === undefined || bytes === undefined) return undefined;
    return { bytes, widthPx: image.widthPx, heightPx: image.heightPx };
  }
}
