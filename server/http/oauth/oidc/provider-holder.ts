import type { JWKS, Provider } from "oidc-provider";
import type { CreateProviderDeps } from "./create-provider.ts";

/** The part of the signing keys that the interactive part needs: to check ID tokens that come back as hints. */
export interface OidcKeys {
  /** The keys with their private halves, signing ones first; the generation changes with them. */
  privateJwks(): JWKS & { readonly generation: number };
  /** Sees what other processes did to the keys. */
  fresh(): Promise<void>;
}

export interface ProviderHolderDeps extends Omit<CreateProviderDeps, "jwks" | "baseUrl"> {
  readonly keys: OidcKeys;
  /** Known once the port is open. */
  readonly baseUrl: () => string;
}

/**
 * oidc-provider, made when it is first needed (loading it takes a part of a start that most servers need not pay) and
 * made anew when the keys or the address have changed; it keeps no state of its own.
 */
export interface ProviderHolder {
  current(): Promise<Provider>;
}

export function createProviderHolder(deps: ProviderHolderDeps): ProviderHolder {
  let made: { readonly mark: string; readonly provider: Provider } | undefined;
  return {
    async current() {
      const { createProvider } = await import("./create-provider.ts");
      const baseUrl = deps.baseUrl();
      await deps.keys.fresh();
      const { generation, keys } = deps.keys.privateJwks();
      const mark = `${generation} ${baseUrl}`;
      if (made?.mark !== mark) {
        // The library changes the list that it gets, so it gets a copy.
        const jwks = { keys: keys.map((key) => ({ ...key })) };
        made = { mark, provider: createProvider({ ...deps, baseUrl, jwks }) };
      }
      return made.provider;
    },
  };
}
