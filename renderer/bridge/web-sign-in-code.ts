const NAME = "sign-in";

/**
 * Takes the one-time code out of an address such as `/#sign-in=CODE`: out of the address bar and the history, before
 * anything else can see it. The part after # never leaves the browser by itself.
 */
export function takeSignInCode(location: Location, history: History): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get(NAME);
  if (code === null) return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return code === "" ? undefined : code;
}
