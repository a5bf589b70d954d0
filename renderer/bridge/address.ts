import type { View } from "./view-store.ts";

/** What has an address of its own: a view and, of the conversation, which chat; of a room, which one. */
export interface Place {
  readonly view: View;
  /** Of a chat that the server knows; absent for a new one. */
  readonly chatId?: string | undefined;
  /** Of the view `room`. */
  readonly room?: string;
}

/** The views that have an address of their own; the server serves the page at each (server/http/web/page.ts). */
const addresses: Readonly<Record<Exclude<View, "room">, string>> = {
  chat: "/",
  settings: "/settings",
  profile: "/profile",
  "sign-in": "/login",
  register: "/register",
};

export function addressOf({ view, chatId, room = "" }: Place): string {
  if (view === "room") return `/r/${room}`;
  return view === "chat" && chatId !== undefined ? `/c/${chatId}` : addresses[view];
}

/** What is at a path; a new chat at a path that is none of ours. */
export function placeAt(path: string): Place {
  const trimmed = path.length > 1 ? path.replace(/\/$/u, "") : path;
  const [, kind, id] = /^\/([cr])\/([^/\\]+)$/u.exec(trimmed) ?? [];
  if (id !== undefined) return kind === "r" ? { view: "room", room: id } : { view: "chat", chatId: id };
  const found = Object.entries(addresses).find(([, address]) => address === trimmed);
  return { view: (found?.[0] as View | undefined) ?? "chat" };
}

/** True for what a person who is signed in has no use for. */
export function isDoor(view: View): view is "sign-in" | "register" {
  return view === "sign-in" || view === "register";
}

/**
 * Where a user goes who has signed in: the place that `?from=` names. Only addresses of the page itself count, so that a
 * link that a stranger made leads nowhere else; anything else is a new chat.
 *
 * @param search of the address, e.g. "?from=/profile"
 */
export function placeAfterSignIn(search: string): Place {
  const place = placeAt(new URLSearchParams(search).get("from") ?? "/");
  return isDoor(place.view) ? { view: "chat" } : place;
}
