import type { ChatPage } from "#contract/chat-history.ts";
import { systemClock } from "#engine/system-clock.ts";
import { KEPT_AFTER_MS, type KeptChats } from "./kept-chats.ts";

/**
 * Gives the kept list of `account`, marked as updating, when the server takes long. The question after that, which the mark
 * asks for, waits for its answer. Where no list is kept, the server is waited for.
 */
export function createLateList(kept: Pick<KeptChats, "list">) {
  let isShown = false;
  return async (account: string, ask: () => Promise<ChatPage>, signal: AbortSignal): Promise<ChatPage> => {
    const answer = ask();
    const mayWait = isShown;
    isShown = false;
    if (mayWait || !(await isLate(answer, signal))) return await answer;
    const list = await kept.list(account).catch(() => undefined);
    if (list === undefined) return await answer;
    isShown = true;
    return { ...list, updating: true };
  };
}

async function isLate(answer: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const timer = new AbortController();
  const late = systemClock.sleep(KEPT_AFTER_MS, AbortSignal.any([signal, timer.signal]));
  const isThere = answer.then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([isThere, late.then(() => true)]);
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
}
