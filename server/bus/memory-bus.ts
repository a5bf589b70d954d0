import type { MessageBus } from "#server/domain/message-bus.ts";

/** The bus of a process that is alone. */
export function createMemoryBus(): MessageBus {
  const channels = new Map<string, ((message: never) => void)[]>();
  return {
    async publish(channel, message) {
      for (const listener of channels.get(channel) ?? []) listener(message as never);
      return 0;
    },
    subscribe(channel, listener) {
      channels.set(channel, [...(channels.get(channel) ?? []), listener]);
    },
  };
}
