import { NotInStandInError } from "./strict.ts";

/** Electron's privileges of a custom scheme. */
export interface SchemePrivileges {
  readonly standard?: boolean;
  readonly secure?: boolean;
  readonly supportFetchAPI?: boolean;
  readonly stream?: boolean;
  readonly codeCache?: boolean;
  readonly corsEnabled?: boolean;
  readonly bypassCSP?: boolean;
  readonly allowServiceWorkers?: boolean;
  readonly allowExtensions?: boolean;
}

/**
 * Chromium takes no new schemes from outside, so `app://pipit/x` is `http://pipit.app.localhost/x` inside it: a
 * standard scheme with an origin of its own, and a secure context, as `standard` and `secure` promise. Main sees only
 * `app://`; the page's own `location` shows the inner address.
 */
export class SchemeMap {
  readonly #schemes = new Map<string, SchemePrivileges>();

  register(scheme: string, privileges: SchemePrivileges): void {
    if (privileges.standard !== true || privileges.secure !== true) {
      throw new NotInStandInError(`scheme "${scheme}" that is not both standard and secure`);
    }
    if (privileges.bypassCSP === true) throw new NotInStandInError(`bypassCSP of scheme "${scheme}"`);
    this.#schemes.set(scheme, privileges);
  }

  privilegesOf(scheme: string): SchemePrivileges | undefined {
    return this.#schemes.get(scheme);
  }

  /** Each scheme, and whether its pages may have service workers. */
  serviceWorkers(): Record<string, boolean> {
    return Object.fromEntries(
      [...this.#schemes].map(([scheme, { allowServiceWorkers }]) => [scheme, allowServiceWorkers === true]),
    );
  }

  /** app://pipit/x -> http://pipit.app.localhost/x; other addresses as they are. */
  toChromium(url: string): string {
    const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(url);
    const scheme = match?.[1]?.toLowerCase() ?? "";
    if (match === null || !this.#schemes.has(scheme)) return url;
    return `http://${match[2]}.${scheme}.localhost${match[3]}`;
  }

  /** The way back, for addresses and for origins. */
  fromChromium(url: string): string {
    const match = /^http:\/\/([^/?#:]+)\.([a-z0-9+-]+)\.localhost([/?#].*)?$/is.exec(url);
    if (match === null || !this.#schemes.has(match[2] ?? "")) return url;
    return `${match[2]}://${match[1]}${match[3] ?? ""}`;
  }
}
