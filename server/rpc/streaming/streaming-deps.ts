import type { TurnService } from "#server/domain/assistant/turn-types.ts";
import type { UsageStore } from "#server/domain/chats/ports.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import type { SpeechService } from "#server/domain/speech/ports.ts";

/** What the composition root gives the streaming service. */
export interface StreamingDeps {
  readonly turns: TurnService;
  readonly speech: SpeechService;
  readonly usage: UsageStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly logger: Logger;
}
