/**
 * The version of an account's credentials at a sign-in, in the one field that the library carries from its session into
 * the codes: `acr`, which no token of ours shows.
 */
export function acrOf(credentialsVersion: number): string {
  return String(credentialsVersion);
}

/** Sessions of a server that did not keep it are of the first one. */
export function versionOf(acr: string | undefined): number {
  return Number(acr ?? 0);
}
