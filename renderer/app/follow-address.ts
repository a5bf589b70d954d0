import { hasLeft } from "#contract/auth-state.ts";
import { settledAuth } from "../auth/settled-auth.ts";
import type { WindowBridge } from "../bridge/use-bridge.ts";
import { newChat, openChat } from "../bridge/go-to-chat.ts";
import { addressOf, isDoor, placeAfterSignIn, placeAt, type Place } from "../bridge/address.ts";

type Host = Pick<WindowBridge, "views" | "auth" | "chat" | "commands" | "ui">;

/**
 * Keeps the page's address and what it shows the same: each view and each chat can be linked to and reloaded, and Back leads
 * to the one before. Who is signed out is sent to sign in before the profile or a chat, and on to where they wanted to be
 * after it.
 */
export function followAddress(host: Host): void {
  const { views, auth, chat } = host;
  /** How many places are being gone to because the address says so: what is shown on the way has no address. */
  let underWay = 0;

  const write = (how: "pushState" | "replaceState", search = ""): void => {
    const address = addressOf(shownPlace(host));
    if (addressOf(placeAt(location.pathname)) !== address) history[how](null, "", address + search);
  };
  const goTo = async (place: Place): Promise<void> => {
    underWay += 1;
    await show(host, place).finally(() => (underWay -= 1));
    if (underWay > 0) return;
    write("replaceState");
    direct();
  };
  /** To a door, or from it to where it was to lead. */
  const direct = (): void => {
    const { view, opening } = views.store.getState();
    const state = auth.getState();
    if (state.kind === "signed-in" && isDoor(view)) {
      void goTo(placeAfterSignIn(location.search));
    } else if (
      state.kind === "signed-out" &&
      (["profile", "room"].includes(view) || (view === "chat" && opening))
    ) {
      const from = hasLeft(state) ? "" : `?from=${addressOf(shownPlace(host))}`;
      history.replaceState(null, "", addressOf({ view: "sign-in" }) + from);
      views.show("sign-in");
      views.setOpening(undefined);
    }
  };
  const follow = (how: "pushState" | "replaceState", search?: string): void => {
    if (underWay > 0) return;
    write(how, search);
    direct();
  };

  views.store.subscribe(({ view, opening, room }, before) => {
    if (view === before.view && opening === before.opening && room === before.room) return;
    // From one door to the other, where they lead stays the same.
    follow("pushState", isDoor(view) && isDoor(before.view) ? location.search : "");
  });
  chat.subscribe(({ chatId, messages }, before) => {
    if (chatId === before.chatId) return;
    // A new chat that the server has named is the same place.
    const isNamed = before.chatId === undefined && before.messages[0]?.id === messages[0]?.id;
    follow(isNamed ? "replaceState" : "pushState");
  });
  auth.subscribe(() => follow("replaceState"));
  addEventListener("popstate", () => void goTo(placeAt(location.pathname)));
  void goTo(placeAt(location.pathname));
}

/** What the window shows, or is about to. Nothing of an account whose user has signed out. */
function shownPlace({ views, auth, chat }: Host): Place {
  const { view, opening, room } = views.store.getState();
  const state = auth.getState();
  const { chatId, temporary } = chat.getState();
  // What is not to last has no address that would last.
  return { view, room, chatId: opening?.chatId ?? (hasLeft(state) || temporary ? undefined : chatId) };
}

async function show(host: Host, { view, chatId, room = "" }: Place): Promise<void> {
  const { views, auth, chat } = host;
  const shown = chat.getState();
  if (view === "room") return views.showRoom(room);
  if (view !== "chat") return views.show(view);
  if (chatId === (shown.temporary ? undefined : shown.chatId)) {
    views.setOpening(undefined);
    return views.show(view);
  }
  if (chatId === undefined) return await newChat(host);
  views.setOpening({ chatId });
  views.show(view);
  if ((await settledAuth(auth)).kind === "signed-out") return;
  // Another one may have been chosen meanwhile.
  if (views.store.getState().opening?.chatId === chatId) await openChat(host, chatId);
}
