/** Scheme of the app's own pages; standard and secure, so they have an origin like a web site. */
export const APP_SCHEME = "app";
const APP_HOST = "pipit";
/** Origin of the window's page, as Chromium names it. */
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;
/** The window's page. */
export const APP_PAGE = `${APP_ORIGIN}/desktop.html`;

/** Whether an address is one of our own pages. Parsed, not compared by prefix: `app://pipit.evil/` is another host. */
export function isAppUrl(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return (
    url.protocol === `${APP_SCHEME}:` &&
    url.host === APP_HOST &&
    url.username === "" &&
    url.password === "" &&
    url.port === ""
  );
}
