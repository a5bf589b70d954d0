import type { WindowBridge } from "../bridge/use-bridge.ts";
import type { View } from "../bridge/view-store.ts";
import { addressOf, isDoor, viewAfterSignIn, viewAt } from "./address.ts";

/**
 * Keeps the page's address and what it shows the same: each view can be linked to and reloaded, and Back leads to the one
 * before. Who is signed out is sent to sign in before the profile, and on to where they wanted to be after it.
 */
export function followAddress({ views, auth }: Pick<WindowBridge, "views" | "auth">): void {
  /** Where the address alone leads, and who is signed in does not matter. */
  const open = (view: View, address: string, how: "pushState" | "replaceState"): void => {
    if (location.pathname + location.search !== address) history[how](null, "", address);
    views.show(view);
  };
  const direct = (): void => {
    const { view } = views.store.getState();
    const state = auth.getState();
    if (state.kind === "signed-in" && isDoor(view)) {
      const next = viewAfterSignIn(location.search);
      open(next, addressOf(next), "replaceState");
    } else if (state.kind === "signed-out" && view === "profile") {
      const from = state.reason === "logout" ? "" : `?from=${addressOf(view)}`;
      open("sign-in", addressOf("sign-in") + from, "replaceState");
    }
  };
  views.store.subscribe(({ view }, before) => {
    if (view === before.view) return;
    // From one door to the other, where they lead stays the same.
    const search = isDoor(view) && isDoor(before.view) ? location.search : "";
    if (viewAt(location.pathname) !== view) open(view, addressOf(view) + search, "pushState");
    direct();
  });
  auth.subscribe(direct);
  addEventListener("popstate", () => views.show(viewAt(location.pathname)));
  views.show(viewAt(location.pathname));
  direct();
}
