import type { Provider } from "oidc-provider";
import type { ProviderContext } from "./oidc-context.ts";

/**
 * oidc-provider, made when it is first needed (loading it takes a part of a start that most servers need not pay) and
 * made anew when the keys or the address have changed; it keeps no state of its own.
 */
export type CurrentProvider = () => Promise<Provider>;

export function createCurrentProvider(ctx: ProviderContext): CurrentProvider {
  let made: { readonly mark: string; readonly provider: Provider } | undefined;
  return async () => {
    const { createProvider } = await import("./create-provider.ts");
    const baseUrl = ctx.pageUrl();
    // Sees what other processes did to the keys.
    await ctx.signingKeys.fresh();
    const { generation, keys } = ctx.signingKeys.privateJwks();
    const mark = `${generation} ${baseUrl}`;
    if (made?.mark !== mark) {
      // The library changes the list that it gets, so it gets a copy.
      const jwks = { keys: keys.map((key) => ({ ...key })) };
      made = { mark, provider: createProvider(ctx, baseUrl, jwks) };
    }
    return made.provider;
  };
}
