import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AskServer, Credentials, StreamCall } from "#engine/ports.ts";
import { brokenOff, isRefusedSignIn, signedIn } from "#engine/wire/signed-in.ts";

/** A wire that deals with the sign-in as the real one does, to a server that is a function. */
export function createFakeAsk(
  credentials: Credentials,
  answer: (call: StreamCall, signal: AbortSignal) => AsyncIterable<ChatEvent>,
): AskServer {
  return async function* ask(call, signal, onSignIn) {
    const { first, rest } = await signedIn(credentials, signal, async (_headers, attachment) => {
      onSignIn?.(attachment);
      const events = answer(call, signal)[Symbol.asyncIterator]();
      try {
        return { first: await events.next(), rest: events };
      } catch (error) {
        if (isRefusedSignIn(error)) onSignIn?.(undefined);
        throw error;
      }
    });
    try {
      for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
    } catch (reason) {
      throw brokenOff(PipitError.from(reason));
    } finally {
      await rest.return?.();
    }
  };
}
