/**
 * Messages between the server processes of one service, on named channels. A message reaches those who listen at that
 * moment: it is kept nowhere, and a sender whose listeners need all of it must number it. Messages are plain JSON.
 */
export interface MessageBus {
  /**
   * Listeners of this process have the message when this returns. Resolves to how many other processes were reached: 0
   * as well while they cannot be. Never rejects.
   */
  publish(channel: string, message: object): Promise<number>;
  /** `T` is what this version of the program publishes on the channel. */
  subscribe<T>(channel: string, listener: (message: T) => void): void;
}
