/** Where a request comes from, as far as its socket proves it. */
export interface Peer {
  /** The socket ends on this machine, and no proxy says that it speaks for another client. */
  readonly local: boolean;
  /** Of the client, past the proxies that are trusted; undefined where another proxy speaks for one. */
  readonly address?: string | undefined;
  /** A browser sent it for a page; any site may make a person's browser call this machine. */
  readonly page: boolean;
}
