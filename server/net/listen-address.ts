/** Where a port listens. Port 0 lets the system choose a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, IPv6 in brackets, as it stands in a URL. */
export function formatAddress({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A host as a URL has it, without the brackets of IPv6. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.+)\]$/, "$1");
}
