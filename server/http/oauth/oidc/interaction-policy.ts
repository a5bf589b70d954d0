import { interactionPolicy, type KoaContextWithOIDC, type Provider } from "oidc-provider";
import { hasProperty } from "./client-metadata.ts";

/**
 * When a person is asked. Beside the library's own rules: a native client never gets a code without one page in between
 * (RFC 8252 §8.6), because any program on the machine can claim to be one; signing in was such a page.
 */
export function createInteractionPolicy(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const consent = policy.get("consent");
  if (consent === undefined) throw new Error("oidc-provider has no consent prompt");
  consent.checks.remove("native_client_prompt");
  consent.checks.add(
    new interactionPolicy.Check(
      "native_client_unseen",
      "native clients require End-User interaction",
      "interaction_required",
      isUnseenNativeClient,
    ),
  );
  return policy;
}

function isUnseenNativeClient({ oidc }: KoaContextWithOIDC): boolean {
  // A device was confirmed by its code.
  const isDevice = oidc.route === "code_verification" || oidc.route === "device_resume";
  const wasAsked = oidc.result?.login !== undefined || oidc.result?.consent !== undefined;
  return !isDevice && !wasAsked && oidc.client?.applicationType === "native";
}

type Grant = InstanceType<Provider["Grant"]>;
type Client = NonNullable<KoaContextWithOIDC["oidc"]["client"]>;

/**
 * What was granted before. First-party clients are granted what they ask for; for the others the consent page makes the
 * grant. Undefined: the library begins an empty one, which leads to the consent page.
 */
export async function loadExistingGrant({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, account, provider } = oidc;
  if (client === undefined || account === undefined) return undefined;
  const found = await findGrant(oidc, client, account.accountId);
  if (!hasProperty(client, "pipit_first_party")) return found;
  const grant = found ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  const had = new Set(grant.getOIDCScope().split(" "));
  const missing = [...oidc.requestParamOIDCScopes].filter((scope) => !had.has(scope));
  if (found !== undefined && missing.length === 0) return found;
  grant.addOIDCScope(missing);
  await grant.save();
  return grant;
}

/** The one that the consent page just made, or that of this browser's session. */
async function findGrant(
  { result, session, provider }: KoaContextWithOIDC["oidc"],
  { clientId }: Client,
  accountId: string,
): Promise<Grant | undefined> {
  const id = result?.consent?.grantId ?? session?.grantIdFor(clientId);
  const found = id === undefined ? undefined : await provider.Grant.find(id);
  return found?.accountId === accountId && found.clientId === clientId ? found : undefined;
}
