/** Most memories of one account. */
export const MEMORIES_MAX = 200;

/** Something that a person wants the assistant to know in every chat. */
export interface Memory {
  readonly id: string;
  readonly userId: string;
  /** Of {@link checkMemoryText}. */
  readonly text: string;
  /** The turn in whose question they said it; absent: they wrote it into the list themselves. */
  readonly sourceTurn: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type NewMemory = Omit<Memory, "updatedAtMs">;

/** What each account wants remembered. All but the list of another's memories is as if they were not there. */
export interface MemoryStore {
  /** Newest first. */
  list(userId: string): Promise<readonly Memory[]>;
  /** Those that a model may be told: {@link list}, while remembering is on. */
  told(userId: string): Promise<readonly Memory[]>;
  /** Whether the account wants that anything is remembered, and told to the model. */
  isOn(userId: string): Promise<boolean>;
  switch(userId: string, on: boolean): Promise<void>;
  /**
   * Resolves to the memory; to the older one where the account has one that says the same; to undefined where there is no room
   * or no account. One with a source turn is kept only where that turn is there, in a chat that is not temporary, does not
   * ask again what another one asked in the same place, and remembering is on for the account and the project of the chat.
   */
  add(memory: NewMemory): Promise<Memory | undefined>;
  /** Undefined: there is none. Throws INVALID_REQUEST with the field "text" when another one says the same. */
  update(userId: string, id: string, text: string, nowMs: number): Promise<Memory | undefined>;
  /** It is told to no model from now on, and wiped when it cannot be restored any more. False: there is none. */
  remove(userId: string, id: string): Promise<boolean>;
  /**
   * Undoes {@link remove} within RESTORE_MS; resolves to what says the same where there is such a one by now. Throws
   * INVALID_REQUEST when others have taken its place.
   */
  restore(userId: string, id: string): Promise<Memory | undefined>;
  /** With no way back; the account is being closed. */
  removeAll(userId: string): Promise<void>;
}
