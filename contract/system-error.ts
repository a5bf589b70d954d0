/** The `code` of an error of Node, of SQLite or of PostgreSQL, e.g. "ENOSPC" or "23505"; "" where it has none. */
export function systemCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

const fullCodes = /^(ENOSPC|EDQUOT|EFBIG|SQLITE_FULL|SQLITE_IOERR_SHMSIZE)$/u;

/** Whether a {@link systemCodeOf} is that of a full disk, or of all that this user may take of it. */
export function isFullDisk(code: string): boolean {
  return fullCodes.test(code);
}
