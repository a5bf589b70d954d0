import { createStore } from "zustand/vanilla";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { projectOfKey, TEMPORARY_CHAT_PREFIX } from "./delivery.ts";
import { reduceChat, type ChatAction, type ChatValues } from "./reducer.ts";
import { merge } from "./shown-path.ts";
import type { ChatState, Message } from "#contract/chat-state.ts";

/** The shown chat, and those with unanswered messages that go on behind it. */
export interface ChatViews {
  readonly store: ReadonlyStore<ChatState>;
  /** Key of the shown chat. */
  shownKey(): string;
  /** Applies an action to a chat; one that is neither shown nor under way is not remembered. */
  dispatch(chatKey: string, action: ChatAction): void;
  /** Changes what belongs to no chat. */
  set(values: Partial<ChatValues>): void;
  /** Shows another chat; unanswered exchanges of it that are under way follow `messages`. */
  show(chatKey: string, chat: OpenedChat): void;
  /** The server has named a chat. */
  rename(chatKey: string, chatId: string): void;
  /** The key by which a chat goes now. */
  currentKey(chatKey: string): string;
  /** Keeps this many messages from now on; fewer takes the oldest settled ones out at once. */
  setMaxMessages(maxMessages: number): void;
  /** Forgets every chat that is not shown. */
  forgetHidden(): void;
}

interface OpenedChat extends Pick<ChatState, "chatId" | "title" | "messages" | "cut" | "temporary"> {
  /** Absent: that of the key, or of what was shown. */
  readonly projectId?: string | undefined;
}

/** @param isKept whether the outbox holds a question: of one that failed, the server may know more by now */
export function createChatViews(
  initial: ChatState,
  firstKey: string,
  firstLimit: number,
  isKept: (id: string) => boolean,
): ChatViews {
  const store = createStore<ChatState>()(() => initial);
  const hidden = new Map<string, ChatState>();
  const renames = new Map<string, string>();
  let shown = firstKey;
  let maxMessages = firstLimit;

  /** With what is under way in another view of the same chat. */
  function joined(state: ChatState, { messages: others }: ChatState): ChatState {
    const { title } = state;
    const messages = merge(state.messages, unanswered(others, isKept));
    const chat = title === undefined ? { messages } : { title, messages };
    return reduceChat(state, { type: "opened", ...chat, ...kindOf("", state) }, maxMessages);
  }

  const currentKey = (chatKey: string): string => renames.get(chatKey) ?? chatKey;

  function setState(next: ChatState): void {
    if (next !== store.getState()) store.setState(next, true);
  }

  function dispatch(chatKey: string, action: ChatAction): void {
    const key = currentKey(chatKey);
    if (key === shown) {
      setState(reduceChat(store.getState(), action, maxMessages));
      return;
    }
    const next = reduceChat(hidden.get(key) ?? initial, action, maxMessages);
    if (unanswered(next.messages, isKept).length === 0) hidden.delete(key);
    else hidden.set(key, next);
  }

  return {
    store,
    shownKey: () => shown,
    currentKey,
    dispatch,
    set(values) {
      setState(reduceChat(store.getState(), { type: "changed", values }, maxMessages));
    },
    show(chatKey, chat) {
      const left = store.getState();
      if (unanswered(left.messages, isKept).length > 0) hidden.set(shown, left);
      const key = currentKey(chatKey);
      const behind = hidden.get(key);
      const kind = kindOf(chatKey, key === shown ? left : behind);
      shown = key;
      hidden.delete(shown);
      const messages =
        behind === undefined ? chat.messages : merge(chat.messages, unanswered(behind.messages, isKept));
      setState(reduceChat(left, { type: "opened", ...kind, ...chat, messages }, maxMessages));
    },
    rename(chatKey, chatId) {
      renames.set(chatKey, chatId);
      const before = hidden.get(chatKey);
      const isShown = shown === chatKey;
      // It is under way under its name too.
      const other = isShown ? hidden.get(chatId) : before;
      hidden.delete(chatKey);
      if (isShown) {
        shown = chatId;
        setState({ ...store.getState(), chatId });
      }
      if (other === undefined) return;
      if (shown !== chatId) {
        const known = hidden.get(chatId);
        hidden.set(chatId, known === undefined ? other : joined(known, other));
        return;
      }
      hidden.delete(chatId);
      setState(joined(store.getState(), other));
    },
    setMaxMessages(limit) {
      maxMessages = limit;
      setState(reduceChat(store.getState(), { type: "limited" }, maxMessages));
    },
    forgetHidden() {
      hidden.clear();
      renames.clear();
    },
  };
}

/** A chat stays temporary, or in its project, when the server names it, and when it is read again. */
function kindOf(chatKey: string, known: ChatState | undefined): Pick<ChatState, "temporary" | "projectId"> {
  if (chatKey.startsWith(TEMPORARY_CHAT_PREFIX) || known?.temporary) return { temporary: true };
  const projectId = projectOfKey(chatKey) ?? known?.projectId;
  return projectId === undefined ? {} : { projectId };
}

/** The exchanges of which something is still to come, or which only a person can settle. */
function unanswered(messages: readonly Message[], isKept: (id: string) => boolean): readonly Message[] {
  const open = new Set<string>();
  for (const message of messages) {
    if (message.role !== "user") continue;
    const { kind } = message.status;
    if (kind === "queued" || kind === "sending" || (kind === "failed" && isKept(message.id)))
      open.add(message.id);
  }
  return messages.filter((message) => open.has(message.role === "user" ? message.id : message.replyTo));
}
