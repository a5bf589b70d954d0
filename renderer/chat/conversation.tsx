import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { useStore } from "zustand";
import type { Message } from "#contract/chat-state.ts";
import { MessageRow } from "./message-row.tsx";
import { startsDay } from "./message-time.ts";
import { rowKey, type Shown } from "./shown-messages.ts";
import { useBridge, useChat, useChatUiState } from "../bridge/use-bridge.ts";
import { openChat } from "../bridge/go-to-chat.ts";
import { JumpButton, LogScroller, Rows } from "./log-scroller.tsx";
import { useEndFollower, useHoldEnd, type EndFollower } from "./use-end-follower.ts";

/** For so many pictures a list settles around what is sought in it. */
const SEEKING_FRAMES = 5;

/** Messages, one below the other, at whose end the list stays while they grow. */
export function Conversation({ shown }: { readonly shown: Shown }) {
  const { t } = useTranslation("chat");
  const { messages, shift } = shown;
  const scroller = useRef<HTMLDivElement>(null);
  const follower = useEndFollower(scroller);
  const editingId = useChatUiState((state) => state.editingId);
  const list = useRef<VirtualizerHandle>(null);
  const soughtTurnId = useChatUiState((state) => state.sought?.turnId);
  useEnd(follower, messages, scroller);
  useSought(follower, messages, list);

  const editingAt = editingId === undefined ? -1 : messages.findLastIndex(({ id }) => id === editingId);
  // The last one grows: taken out and put back it would begin to read its text anew.
  const lastAt = messages.length - 1;
  const lastAnswerAt = messages.findLastIndex(({ role }) => role === "assistant");
  const kept = editingAt < 0 || editingAt === lastAt ? [lastAt] : [editingAt, lastAt];
  return (
    <div className="relative min-h-0 flex-1">
      <LogScroller ref={scroller} label={t("conversation")} follower={follower}>
        <Virtualizer
          ref={list}
          as={Rows}
          scrollRef={scroller}
          data={messages}
          shift={shift}
          onResize={follower.settle}
          keepMounted={kept}
        >
          {(message: Message, index) => (
            <MessageRow
              key={rowKey(message)}
              message={message}
              opensDay={startsDay(messages[index - 1]?.createdAtMs, message.createdAtMs)}
              hasAnswer={messages[index + 1]?.role === "assistant"}
              isLast={index === lastAt}
              isSought={soughtTurnId !== undefined && message.turnId === soughtTurnId}
              isLastAnswer={index === lastAnswerAt}
            />
          )}
        </Virtualizer>
      </LogScroller>
      <JumpToEnd follower={follower} />
    </div>
  );
}

/** Also goes to the end when it is asked to. */
function useEnd(
  follower: EndFollower,
  messages: readonly Message[],
  scroller: { readonly current: HTMLElement | null },
): void {
  const { ui } = useBridge();
  useHoldEnd(follower, messages, scroller);
  useEffect(
    () =>
      ui.store.subscribe((state, before) => {
        if (state.endRequests !== before.endRequests) follower.toEnd();
      }),
    [ui, follower],
  );
}

/** Goes once to the exchange that a search has led to, as soon as it is there. */
function useSought(
  follower: EndFollower,
  messages: readonly Message[],
  list: { readonly current: VirtualizerHandle | null },
): void {
  const sought = useChatUiState((state) => state.sought);
  const reached = useRef<typeof sought>(undefined);
  const frame = useRef(0);
  useEffect(() => {
    if (sought === undefined || reached.current === sought) return;
    const index = messages.findIndex(({ turnId }) => turnId === sought.turnId);
    if (index === -1) return;
    reached.current = sought;
    cancelAnimationFrame(frame.current);
    // Rows get their true height when they are drawn, and others come into view by that.
    const go = (left: number) => {
      follower.leave();
      list.current?.scrollToIndex(index, { align: "start" });
      if (left > 0) frame.current = requestAnimationFrame(() => go(left - 1));
    };
    go(SEEKING_FRAMES);
  }, [follower, messages, sought, list]);
}

function JumpToEnd({ follower }: { readonly follower: EndFollower }) {
  const bridge = useBridge();
  const { following, unread } = useStore(follower.store);
  const cutChatId = useChat((state) => (state.cut === true ? state.chatId : undefined));
  if (following && cutChatId === undefined) return undefined;
  const jump = () => {
    if (cutChatId === undefined) follower.toEnd();
    else void openChat(bridge, cutChatId).then(bridge.ui.goToEnd);
  };
  return <JumpButton unread={unread} onJump={jump} />;
}
