/** Whose an account's messages to rooms are in the outbox: beside its questions, no chat reads them. */
export function roomQueueOf(accountId: string): string {
  return `rooms:${accountId}`;
}
