import { useEffect, useLayoutEffect, useMemo, useRef, type RefObject } from "react";
import { createStore } from "zustand/vanilla";
import { atEnd, reduceEnd, type EndEvent, type EndState, type ScrollMetrics } from "./end-follower.ts";

/** Keeps the end in view, or else the message that the reader looks at where it is. */
export type EndFollower = ReturnType<typeof createEndFollower>;

interface Place {
  readonly element: Element;
  readonly topPx: number;
}

/** What the reader looks at: a block, its message, and those below it, since the list takes some out while it moves. */
interface Anchor {
  readonly block: Place;
  readonly messages: readonly Place[];
}

/** `scroller` holds articles, of which one that is in view keeps its place while the list around it changes. */
export function useEndFollower(scroller: RefObject<HTMLElement | null>): EndFollower {
  return useMemo(() => createEndFollower(() => scroller.current), [scroller]);
}

/** Moves the list when messages change, and when its room changes. */
export function useHoldEnd(
  follower: EndFollower,
  messages: readonly unknown[],
  scroller: RefObject<HTMLElement | null>,
): void {
  const first = messages[0];
  const last = messages.at(-1);
  const drawn = useRef({ first, last });
  useLayoutEffect(() => {
    if (drawn.current.last !== last) follower.grew();
    if (drawn.current.first !== first) follower.shifted();
    drawn.current = { first, last };
    follower.settle();
  }, [follower, messages, first, last]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(follower.settle);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, follower]);
}

function createEndFollower(scroller: () => HTMLElement | null) {
  const store = createStore<EndState>(() => atEnd);
  let last: ScrollMetrics = { offsetPx: 0, contentPx: 0, viewportPx: 0 };
  let anchor: Anchor | undefined;
  /** Until the next frame scrolling is the list's own, and no wish of the reader. */
  let shifting = false;
  const apply = (event: EndEvent) => {
    const next = reduceEnd(store.getState(), event);
    if (next !== store.getState()) store.setState(next, true);
  };
  const look = (element: HTMLElement) => {
    const now = metricsOf(element);
    if (now.offsetPx !== last.offsetPx) apply({ kind: "scrolled", before: last, now });
    last = now;
  };
  const settle = () => {
    const element = scroller();
    if (element === null) return;
    // The reader may have moved since the last event: what they did counts before what we want.
    look(element);
    if (store.getState().following) element.scrollTop = element.scrollHeight;
    else holdAnchor(element, anchor);
    last = metricsOf(element);
    apply({ kind: "laid-out", now: last });
  };
  return {
    store,
    /** After anything was drawn or measured, before it is painted. */
    settle,
    scrolled() {
      const element = scroller();
      if (element === null || shifting) return;
      look(element);
      anchor = store.getState().following ? undefined : findAnchor(element);
    },
    /** The reader is about to move towards the start. */
    pulledUp() {
      const element = scroller();
      if (element === null) return;
      apply({ kind: "pulled-up", now: metricsOf(element) });
      if (!store.getState().following) anchor ??= findAnchor(element);
    },
    /** The reader is led elsewhere. */
    leave() {
      anchor = undefined;
      apply({ kind: "left" });
    },
    /** Something was added at the end. */
    grew: () => apply({ kind: "grew" }),
    /** Messages left or came at the start: the list moves itself, by sizes that are partly guesses. */
    shifted() {
      const held = anchor;
      if (held === undefined || store.getState().following) return;
      shifting = true;
      requestAnimationFrame(() => {
        shifting = false;
        const element = scroller();
        if (element === null) return;
        holdAnchor(element, held);
        anchor = held;
        last = metricsOf(element);
      });
    },
    toStart() {
      const element = scroller();
      if (element === null) return;
      apply({ kind: "pulled-up", now: metricsOf(element) });
      anchor = undefined;
      element.scrollTop = 0;
    },
    toEnd() {
      anchor = undefined;
      apply({ kind: "jumped" });
      const element = scroller();
      if (element === null) return;
      element.scrollTop = element.scrollHeight;
      last = metricsOf(element);
    },
  };
}

function metricsOf(element: HTMLElement): ScrollMetrics {
  return {
    offsetPx: element.scrollTop,
    contentPx: element.scrollHeight,
    viewportPx: element.clientHeight,
  };
}

/** How deep an anchor is looked for: message, answer, part, group of blocks, block. */
const anchorDepth = 6;

/**
 * The first element that is partly in view: a message, or the block of a message that begins further up, since the
 * blocks above it may change their height too.
 */
function findAnchor(scroller: HTMLElement): Anchor | undefined {
  const topPx = scroller.getBoundingClientRect().top;
  const messages = [...placesBelow(scroller.querySelectorAll("article"), topPx)];
  let block = messages[0];
  if (block === undefined) return undefined;
  for (let depth = 1; depth < anchorDepth && block.topPx < 0; depth += 1) {
    const [next] = placesBelow(block.element.children, topPx);
    if (next === undefined) break;
    block = next;
  }
  return { block, messages };
}

function* placesBelow(elements: Iterable<Element>, topPx: number): Generator<Place> {
  for (const element of elements) {
    const box = element.getBoundingClientRect();
    if (box.bottom > topPx && box.height > 0) yield { element, topPx: box.top - topPx };
  }
}

function holdAnchor(scroller: HTMLElement, anchor: Anchor | undefined): void {
  if (anchor === undefined) return;
  const places = [anchor.block, ...anchor.messages.map((message) => drawnAnew(scroller, message))];
  const place = places.find((one) => one?.element.isConnected);
  if (place === undefined) return;
  const nowPx = place.element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
  const driftPx = nowPx - place.topPx;
  if (Math.abs(driftPx) >= 1) scroller.scrollTop += driftPx;
}

function drawnAnew(scroller: HTMLElement, message: Place): Place | undefined {
  const id = message.element.getAttribute("data-message-id");
  const element = id === null ? null : scroller.querySelector(`[data-message-id="${CSS.escape(id)}"]`);
  return element === null ? undefined : { element, topPx: message.topPx };
}
