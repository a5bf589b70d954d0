import { randomUUID } from "node:crypto";
import type { Logger } from "#contract/logger.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import type { RedisConnection } from "#server/store/redis/redis-connection.ts";
import { createMemoryBus } from "./memory-bus.ts";

/** Before every channel; another number where servers of two versions would not understand each other. */
const PREFIX = "pipit:bus:1:";

/** A message on its way, with the process that sent it. */
interface Envelope {
  readonly from: string;
  readonly message: object;
}

/**
 * {@link MessageBus} on Redis' publish and subscribe. While Redis is away it reaches this process only; the connections
 * say so in the log, come back by themselves, and subscribe again.
 */
export function createRedisBus(connection: RedisConnection, logger: Logger): MessageBus {
  const local = createMemoryBus();
  const from = randomUUID();
  const publish = publisher(connection, from);
  const channels = new Set<string>();
  const subscriber = connection.openSubscriber();
  const receive = async (text: string, channel: string): Promise<void> => {
    try {
      const { from: sender, message } = JSON.parse(text) as Envelope;
      // Also what a listener throws at a message that is none of ours.
      if (sender !== from) await local.publish(channel.slice(PREFIX.length), message);
    } catch (error) {
      logger.warn("bus.unreadable", { channel, error });
    }
  };
  const listen = (channel: string): void => {
    // Lost on the way: the next "ready" brings it back.
    if (subscriber.isReady) subscriber.subscribe(PREFIX + channel, receive).catch(() => undefined);
  };
  subscriber.on("ready", () => channels.forEach(listen));
  return {
    async publish(channel, message) {
      void local.publish(channel, message);
      const reached = await publish(channel, message);
      return channels.has(channel) ? Math.max(0, reached - 1) : reached;
    },
    subscribe(channel, listener) {
      local.subscribe(channel, listener);
      channels.add(channel);
      listen(channel);
    },
  };
}

/** What {@link MessageBus.publish} is for a process that does not listen. `from` is its name. */
export function publisher(connection: RedisConnection, from: string): MessageBus["publish"] {
  return async (channel, message) => {
    const envelope: Envelope = { from, message };
    try {
      return await connection.send((redis) => redis.publish(PREFIX + channel, JSON.stringify(envelope)));
    } catch {
      return 0;
    }
  };
}
