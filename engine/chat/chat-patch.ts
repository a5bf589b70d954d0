import type { ChatHead, ChatPatch } from "#contract/chat-patch.ts";
import type { AssistantMessage, ChatState, Message } from "#contract/chat-state.ts";

type Change = Omit<ChatPatch, "revision">;

/**
 * What changed from one state to the next, or undefined when nothing did. The states share unchanged messages by
 * reference (the reducer sees to that), so this costs the changed part, not the chat; a streamed token becomes an `append`.
 */
export function diffChat(before: ChatState, after: ChatState): Change | undefined {
  if (before === after) return undefined;
  const head = headOf(after);
  const change: Change = {
    ...(sameHead(headOf(before), head) ? {} : { head }),
    ...(before.messages === after.messages ? {} : diffMessages(before.messages, after.messages)),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

/** The state that a patch leads to. A patch made by {@link diffChat} for another state gives nonsense: mind the revision. */
export function applyChatPatch(state: ChatState, patch: Change): ChatState {
  const messages = [...state.messages];
  if (patch.splice !== undefined) {
    messages.splice(patch.splice.from, patch.splice.remove, ...patch.splice.insert);
  }
  if (patch.append !== undefined) {
    const grown = messages[patch.append.index];
    if (grown?.role === "assistant") messages[patch.append.index] = appendText(grown, patch.append.text);
  }
  const changed = patch.splice !== undefined || patch.append !== undefined;
  return { ...(patch.head ?? headOf(state)), messages: changed ? messages : state.messages };
}

function headOf(state: ChatState): ChatHead {
  const { messages: _messages, ...head } = state;
  return head;
}

function sameHead(a: ChatHead, b: ChatHead): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof ChatHead>;
  return [...keys].every((key) => a[key] === b[key]);
}

function diffMessages(before: readonly Message[], after: readonly Message[]): Change {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from += 1;
  let kept = 0;
  while (kept < shorter - from && before[before.length - 1 - kept] === after[after.length - 1 - kept])
    kept += 1;
  const removed = before.slice(from, before.length - kept);
  const inserted = after.slice(from, after.length - kept);
  if (removed.length === 0 && inserted.length === 0) return {};
  const [was, is] = [removed[0], inserted[0]];
  if (removed.length === 1 && inserted.length === 1 && was !== undefined && is !== undefined) {
    const text = grownBy(was, is);
    if (text !== undefined) return { append: { index: from, text } };
  }
  return { splice: { from, remove: removed.length, insert: inserted } };
}

/** The text that was appended to the last part, if nothing else changed. */
function grownBy(was: Message, is: Message): string | undefined {
  if (was.role !== "assistant" || is.role !== "assistant" || !sameButForParts(was, is)) return undefined;
  const last = is.parts.length - 1;
  if (
    was.parts.length !== is.parts.length ||
    was.parts.some((part, at) => at < last && part !== is.parts[at])
  )
    return undefined;
  const [oldPart, newPart] = [was.parts[last], is.parts[last]];
  if (oldPart === undefined || newPart === undefined) return undefined;
  if (!("text" in oldPart && "text" in newPart) || oldPart.kind !== newPart.kind) return undefined;
  return newPart.text.startsWith(oldPart.text) ? newPart.text.slice(oldPart.text.length) : undefined;
}

function sameButForParts(was: AssistantMessage, is: AssistantMessage): boolean {
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]) as Set<keyof AssistantMessage>;
  return [...keys].every((key) => key === "parts" || was[key] === is[key]);
}

function appendText(message: AssistantMessage, text: string): AssistantMessage {
  const parts = [...message.parts];
  const last = parts.at(-1);
  if (last !== undefined && "text" in last) parts.splice(-1, 1, { ...last, text: last.text + text });
  return { ...message, parts };
}
