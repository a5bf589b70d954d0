import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AskServer, Credentials, StreamCall } from "#engine/ports.ts";
import { createFakeAsk } from "./fake-ask.ts";

/** The test's side of one running call. */
export interface FakeCall {
  readonly call: StreamCall;
  readonly signal: AbortSignal;
  /** Sends events to the engine. */
  emit(...events: ChatEvent[]): void;
  /** Ends the stream: properly, or with an error. */
  close(error?: PipitError): void;
  /** True once the engine has left the loop. */
  left(): boolean;
}

/** A wire whose server is the test. */
export interface FakeTransport {
  readonly ask: AskServer;
  readonly calls: FakeCall[];
  /** Resolves to the `index`-th call (0-based) as soon as it is made. */
  call(index: number): Promise<FakeCall>;
}

export function createFakeTransport(credentials: Credentials): FakeTransport {
  const calls: FakeCall[] = [];
  const waiters = new Map<number, (call: FakeCall) => void>();

  return {
    calls,
    call(index) {
      const known = calls[index];
      if (known !== undefined) return Promise.resolve(known);
      const { promise, resolve } = Promise.withResolvers<FakeCall>();
      waiters.set(index, resolve);
      return promise;
    },
    ask: createFakeAsk(credentials, (call, signal) => {
      const { fake, stream } = createCall(call, signal);
      const index = calls.push(fake) - 1;
      waiters.get(index)?.(fake);
      return stream;
    }),
  };
}

function createCall(call: StreamCall, signal: AbortSignal) {
  const events: ChatEvent[] = [];
  let isClosed = false;
  let failure: PipitError | undefined;
  let hasLeft = false;
  let wake: (() => void) | undefined;
  signal.addEventListener("abort", () => fake.close(new PipitError("CANCELLED", "Cancelled.")), {
    once: true,
  });

  const fake: FakeCall = {
    call,
    signal,
    emit(...more) {
      events.push(...more);
      wake?.();
    },
    close(error) {
      if (isClosed) return;
      isClosed = true;
      failure = error;
      wake?.();
    },
    left: () => hasLeft,
  };

  async function* stream(): AsyncGenerator<ChatEvent> {
    try {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) {
          yield event;
        } else if (isClosed) {
          if (failure !== undefined) throw failure;
          return;
        } else {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise;
        }
      }
    } finally {
      hasLeft = true;
    }
  }
  return { fake, stream: stream() };
}
