/**
 * The address that signs a browser in. The code is in the fragment, which a browser sends to no server: it is in no log
 * of a proxy, in no `Referer`, and the page takes it off before anything else.
 */
export function signInAddress(pageUrl: string, code: string): string {
  return `${pageUrl}/#sign-in=${code}`;
}
