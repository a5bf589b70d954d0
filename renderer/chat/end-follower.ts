/** How a scrolled area stands, in CSS pixels. */
export interface ScrollMetrics {
  readonly offsetPx: number;
  readonly contentPx: number;
  readonly viewportPx: number;
}

/** Whether the list keeps its end in view, and whether something new came while it did not. */
export interface EndState {
  readonly following: boolean;
  readonly unread: boolean;
}

export type EndEvent =
  /** The position changed, by whomever. */
  | { readonly kind: "scrolled"; readonly before: ScrollMetrics; readonly now: ScrollMetrics }
  /** Wheel, key or finger towards the start; comes before the position changes. */
  | { readonly kind: "pulled-up"; readonly now: ScrollMetrics }
  | { readonly kind: "laid-out"; readonly now: ScrollMetrics }
  /** Text or a message was added at the end. */
  | { readonly kind: "grew" }
  /** The list goes to another place by itself. */
  | { readonly kind: "left" }
  /** To the end, and stay there. */
  | { readonly kind: "jumped" };

/** A reader who scrolls down this near to the end wants to follow it again. */
const nearEndPx = 24;

export const atEnd: EndState = { following: true, unread: false };
const reading: EndState = { following: false, unread: false };

/**
 * Decides when new text may move what is on the screen. The reader wins always: any movement towards the start that is
 * not explained by content that shrank ends the following; only reaching the end, or asking for it, starts it again.
 */
export function reduceEnd(state: EndState, event: EndEvent): EndState {
  switch (event.kind) {
    case "jumped":
      return atEnd;
    case "left":
      return reading;
    case "grew":
      return state.following || state.unread ? state : { following: false, unread: true };
    case "pulled-up":
      return state.following && event.now.offsetPx > 0 && overflows(event.now) ? reading : state;
    case "laid-out":
      return overflows(event.now) ? state : resume(state);
    case "scrolled":
      return scrolled(state, event.before, event.now);
    default:
      return event satisfies never;
  }
}

/** How far the end is below the viewport's lower edge. */
function distanceToEndPx(metrics: ScrollMetrics): number {
  return metrics.contentPx - metrics.viewportPx - metrics.offsetPx;
}

function scrolled(state: EndState, before: ScrollMetrics, now: ScrollMetrics): EndState {
  const distancePx = distanceToEndPx(now);
  if (distancePx <= 1) return resume(state);
  const movedPx = now.offsetPx - before.offsetPx;
  if (movedPx > 0) return distancePx <= nearEndPx ? resume(state) : state;
  // A viewport that grew, or content that shrank, moves the position without the user's wish.
  const pushed = now.contentPx < before.contentPx || now.viewportPx > before.viewportPx;
  return state.following && movedPx < 0 && !pushed ? reading : state;
}

function resume(state: EndState): EndState {
  return state.following ? state : atEnd;
}

function overflows(metrics: ScrollMetrics): boolean {
  return metrics.contentPx > metrics.viewportPx + 1;
}
