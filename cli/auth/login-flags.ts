/** Flags of `pipit auth login` and `register`, as commander gives them. */
export interface LoginFlags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  /** Never taken: said in the command line by users of other programs. */
  readonly password?: string | true;
  readonly displayName?: string;
  readonly server?: string;
  readonly browser?: boolean;
  readonly device?: boolean;
  readonly force?: boolean;
}
