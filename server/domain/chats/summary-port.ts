/** What was said in the first turns of a path, in short, for the model. */
export interface Summary {
  readonly chatId: string;
  /** The last turn of which it tells; of no path that does not lead through this turn. */
  readonly turnId: string;
  readonly text: string;
  readonly createdAtMs: number;
}

/** Where a summary comes from. */
interface SummarySources {
  /** The turns it tells of that no earlier summary does, `turnId` among them. */
  readonly turnIds: readonly string[];
  /** The last turn of the summary that it goes on from; absent: none. */
  readonly goesOnFrom: string | undefined;
}

/** Summaries of chats. They go when their chat is wiped, and all of a chat's when one of its turns is deleted or restored. */
export interface SummaryStore {
  /** The newest of the path that a turn follows. */
  before(userId: string, chatId: string, turnId: string): Promise<Summary | undefined>;
  /** Keeps one, unless what it was made from has been deleted meanwhile. Resolves to whether it was kept. */
  add(userId: string, summary: Summary, sources: SummarySources): Promise<boolean>;
}
