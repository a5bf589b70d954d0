/**
 * What the tabs of this page tell each other. In a browser that has no channels, or refuses them, each tab hears from the
 * server only.
 *
 * @param onMessage called with what another tab has told, which may be of another version of the page
 */
export function openTabChannel<Message>(name: string, onMessage: (message: Message) => void) {
  const channel = open(name);
  channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => onMessage(data));
  return {
    tell(message: Message): void {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches only this origin
      channel?.postMessage(message);
    },
    [Symbol.dispose]: () => channel?.close(),
  };
}

function open(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}
