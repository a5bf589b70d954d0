import type { View } from "../bridge/view-store.ts";

/** The views of the page that have an address of their own; the server serves the page at each (server/http/web/page.ts). */
const addresses: Readonly<Record<View, string>> = {
  chat: "/",
  settings: "/settings",
  profile: "/profile",
  "sign-in": "/login",
  register: "/register",
};

export function addressOf(view: View): string {
  return addresses[view];
}

/** The view at a path; the chat at a path that is none of ours. */
export function viewAt(path: string): View {
  const trimmed = path.length > 1 ? path.replace(/\/$/u, "") : path;
  const found = Object.entries(addresses).find(([, address]) => address === trimmed);
  return (found?.[0] as View | undefined) ?? "chat";
}

/** True for what a person who is signed in has no use for. */
export function isDoor(view: View): view is "sign-in" | "register" {
  return view === "sign-in" || view === "register";
}

/**
 * Where a user goes who has signed in: the view that `?from=` names. Only addresses of the page itself count, so that a
 * link that a stranger made leads nowhere else; anything else is the chat.
 *
 * @param search of the address, e.g. "?from=/profile"
 */
export function viewAfterSignIn(search: string): View {
  const view = viewAt(new URLSearchParams(search).get("from") ?? "/");
  return isDoor(view) ? "chat" : view;
}
