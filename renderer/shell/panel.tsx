import { ChatView } from "../chat/chat-view.tsx";

/** The window's frame: header, what is shown, status line. */
export function Panel() {
  return (
    <main className="flex h-full flex-col bg-ground">
      <ChatView />
    </main>
  );
}
