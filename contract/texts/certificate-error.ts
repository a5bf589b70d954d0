import { PipitError } from "#contract/pipit-error.ts";

/** Clients' setting of a file of authorities. */
const CA_SETTING = "PIPIT_CA_FILE";
const unknownIssuer =
  "it comes from an authority that this computer does not know. If it is your own, name its certificate with {setting}";

/** What OpenSSL says of a certificate, which is the same text on HTTP, gRPC and sockets; and what a person can do. */
const faults: readonly (readonly [RegExp, string])[] = [
  [
    /certificate has expired/iu,
    "it has expired. Tell the server's operator, or set this computer's date right",
  ],
  [/certificate is not yet valid/iu, "it is not valid yet. Set this computer's date right"],
  [/certificate revoked/iu, "it was revoked. Tell the server's operator"],
  [/does not match certificate's altnames/iu, "it is for another name. Check the address"],
  [/self[- ]signed certificate in certificate chain/iu, unknownIssuer],
  [/unable to (?:verify the first|get (?:local )?issuer) certificate/iu, unknownIssuer],
  [/self[- ]signed certificate/iu, "it is signed by itself. If it is your own, name its file with {setting}"],
];

/**
 * The error for a certificate that was not trusted; undefined when that is not what went wrong.
 *
 * @param server its name for the person, e.g. "pipit.example:8443"
 * @param text of the connection's error
 * @param setting by which the program that asks is given authorities of one's own
 */
export function certificateError(server: string, text: string, setting = CA_SETTING): PipitError | undefined {
  const fault = faults.find(([pattern]) => pattern.test(text));
  if (fault === undefined) return undefined;
  const message = `The certificate of the server at ${server} is not trusted: ${fault[1].replace("{setting}", setting)}.`;
  return new PipitError("CERTIFICATE_REFUSED", message, { detail: text });
}
