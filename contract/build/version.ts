/** Version of this program; a test holds it to package.json, which must not end up in the page. */
export const version = "0.1.0";
