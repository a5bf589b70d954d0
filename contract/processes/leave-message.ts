/**
 * Says "I am done with you" between a program and its Electron utility process, in either direction: such a process has
 * no channel that could be closed, and does not end by itself.
 */
export const LEAVE = { type: "pipit:leave" } as const;

/** True for {@link LEAVE} as it comes out of a message port. */
export function isLeave(message: unknown): boolean {
  return typeof message === "object" && message !== null && "type" in message && message.type === LEAVE.type;
}
