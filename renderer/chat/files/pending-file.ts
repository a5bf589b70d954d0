import type { AttachedFile } from "#contract/attached-file.ts";
import type { Problem } from "#contract/texts/error-text.ts";

/** A file in the composer. */
export interface PendingFile {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** What became of it; absent: it is being read. */
  readonly read?: AttachedFile | Problem;
}

/** A picture or a file is not ready yet. */
export function isPreparing(state: {
  readonly preparing: boolean;
  readonly files: readonly PendingFile[];
}): boolean {
  return state.preparing || state.files.some(({ read }) => read === undefined);
}

/** A file that goes with the message, or nothing. */
export function readyFile({ read }: PendingFile): AttachedFile | undefined {
  return read !== undefined && "text" in read ? read : undefined;
}
