import type { ChatHead, ChatPatch } from "#contract/patches/chat-patch.ts";
import type { AssistantMessage, ChatState, Message } from "#contract/chat-state.ts";
import { diffList, sameFields, spliced } from "#engine/store/list-patch.ts";

type Change = Omit<ChatPatch, "revision">;

/**
 * What changed from one state to the next, or undefined when nothing did. The states share unchanged messages by
 * reference (the reducer sees to that), so this costs the changed part, not the chat; a streamed token becomes an `append`.
 */
export function diffChat(before: ChatState, after: ChatState): Change | undefined {
  if (before === after) return undefined;
  const head = headOf(after);
  const change: Change = {
    ...(sameFields(headOf(before), head) ? {} : { head }),
    ...diffMessages(before.messages, after.messages),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

/** The state that a patch leads to. A patch made by {@link diffChat} for another state gives nonsense: mind the revision. */
export function applyChatPatch(state: ChatState, { head, splice, append }: Change): ChatState {
  let messages = spliced(state.messages, splice);
  const grown = append && messages[append.index];
  if (append !== undefined && grown?.role === "assistant")
    messages = messages.with(append.index, appendText(grown, append.text));
  return { ...(head ?? headOf(state)), messages };
}

function headOf(state: ChatState): ChatHead {
  const { messages: _messages, ...head } = state;
  return head;
}

function diffMessages(before: readonly Message[], after: readonly Message[]): Change {
  const splice = diffList(before, after);
  if (splice === undefined) return {};
  const [was, is] = [before[splice.from], splice.insert[0]];
  if (splice.remove === 1 && splice.insert.length === 1 && was !== undefined && is !== undefined) {
    const text = grownBy(was, is);
    if (text !== undefined) return { append: { index: splice.from, text } };
  }
  return { splice };
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
