/** `remove` things from `from` on are replaced by `insert`. */
export interface Splice<Item> {
  readonly from: number;
  readonly remove: number;
  readonly insert: readonly Item[];
}

/** What one copy of a state is told so that it becomes the other one. */
export interface Revised {
  /** Counts up by one with each patch; a gap means that a snapshot must be fetched. */
  readonly revision: number;
}
