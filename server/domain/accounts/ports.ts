export interface Account {
  readonly id: string;
  /** Unique, as typed. */
  readonly login: string;
  readonly displayName: string;
  /** The account that the server makes for its own machine. */
  readonly local: boolean;
  readonly active: boolean;
  readonly createdAtMs: number;
}

export interface AccountStore {
  create(account: Account): Promise<void>;
  findById(id: string): Promise<Account | undefined>;
  findByLogin(login: string): Promise<Account | undefined>;
}
