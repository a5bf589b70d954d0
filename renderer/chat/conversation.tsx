import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { Virtualizer, type CustomContainerComponentProps, type VirtualizerHandle } from "virtua";
import { useStore } from "zustand";
import type { Message } from "#contract/chat-state.ts";
import { MessageRow } from "./message-row.tsx";
import { startsDay } from "./message-time.ts";
import { rowKey, type Shown } from "./shown-messages.ts";
import { useBridge, useChat, useChatUiState } from "../bridge/use-bridge.ts";
import { openChat } from "../bridge/go-to-chat.ts";
import { useEndFollower, type EndFollower } from "./use-end-follower.ts";

/** For so many pictures a list settles around what is sought in it. */
const SEEKING_FRAMES = 5;
/** Keys that move a scrolled area towards its start. */
const upKeys = new Set(["ArrowUp", "PageUp", "Home"]);

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

  const onKeyDown = (event: KeyboardEvent) => {
    if (upKeys.has(event.key)) follower.pulledUp();
    const hasModifier = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (event.target !== event.currentTarget || hasModifier) return;
    // At once: on the way, rows that get their true height would stop the browser's own gliding.
    if (event.key === "Home") follower.toStart();
    else if (event.key === "End") follower.toEnd();
    else return;
    event.preventDefault();
  };
  const editingAt = editingId === undefined ? -1 : messages.findLastIndex(({ id }) => id === editingId);
  // The last one grows: taken out and put back it would begin to read its text anew.
  const lastAt = messages.length - 1;
  const lastAnswerAt = messages.findLastIndex(({ role }) => role === "assistant");
  const kept = editingAt < 0 || editingAt === lastAt ? [lastAt] : [editingAt, lastAt];
  return (
    <div className="relative min-h-0 flex-1">
      {/* A log, but silent: the announcer tells what happens, and not every word of it. */}
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={t("conversation")}
        tabIndex={0}
        data-message-scroller
        className="h-full scroll-area overscroll-contain -outline-offset-2 [overflow-anchor:none]"
        onScroll={follower.scrolled}
        onWheel={(event) => {
          if (event.deltaY < 0) follower.pulledUp();
        }}
        onTouchMove={follower.pulledUp}
        onKeyDown={onKeyDown}
      >
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
      </div>
      <JumpToEnd follower={follower} />
    </div>
  );
}

/** Moves the list when messages change, when it is asked to go to its end, and when its room changes. */
function useEnd(
  follower: EndFollower,
  messages: readonly Message[],
  scroller: { readonly current: HTMLElement | null },
): void {
  const { ui } = useBridge();
  const first = messages[0];
  const last = messages.at(-1);
  const drawn = useRef({ first, last });
  useLayoutEffect(() => {
    if (drawn.current.last !== last) follower.grew();
    if (drawn.current.first !== first) follower.shifted();
    drawn.current = { first, last };
    follower.settle();
  }, [follower, messages, first, last]);
  useEffect(
    () =>
      ui.store.subscribe((state, before) => {
        if (state.endRequests !== before.endRequests) follower.toEnd();
      }),
    [ui, follower],
  );
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(follower.settle);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, follower]);
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

/** The list's ground. The virtual list would make it deaf to the pointer while it scrolls, so for as long as text comes. */
function Rows({ style, children, ref }: CustomContainerComponentProps & { readonly children: ReactNode }) {
  return (
    <div ref={ref as Ref<HTMLDivElement>} style={{ ...style, pointerEvents: "auto" }}>
      {children}
    </div>
  );
}

function JumpToEnd({ follower }: { readonly follower: EndFollower }) {
  const { t } = useTranslation("chat");
  const bridge = useBridge();
  const { following, unread } = useStore(follower.store);
  const cutChatId = useChat((state) => (state.cut === true ? state.chatId : undefined));
  if (following && cutChatId === undefined) return undefined;
  return (
    <button
      type="button"
      aria-label={unread ? t("jumpToNew") : t("jumpToEnd")}
      title={t("jumpToEnd")}
      onClick={() => {
        if (cutChatId === undefined) follower.toEnd();
        else void openChat(bridge, cutChatId).then(bridge.ui.goToEnd);
      }}
      className="absolute inset-x-0 bottom-3 mx-auto inline-flex size-8 items-center justify-center rounded-full bg-raised text-soft shadow-raised transition-colors hover:text-ink"
    >
      <ArrowDown aria-hidden="true" className="size-4" />
      {unread && (
        <span className="absolute -end-0.5 -top-0.5 size-2.5 rounded-full border-2 border-raised bg-accent" />
      )}
    </button>
  );
}
