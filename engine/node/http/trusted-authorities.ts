import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { PipitError } from "#contract/pipit-error.ts";

/**
 * Lets every connection of this program (HTTP, gRPC, sockets) trust the certificates of a PEM file besides the authorities
 * that are known anyway. To be called before the first connection.
 *
 * @throws PipitError CONFIG_INVALID, naming the file
 */
export function trustAuthoritiesOf(path: string): void {
  let certificates: string[];
  try {
    certificates = readFileSync(path, "utf8").match(PEM_CERTIFICATE) ?? [];
    // Anything would be taken, and each connection fail without saying why.
    certificates = certificates.map((pem) => new X509Certificate(pem).toString());
  } catch (error) {
    throw notUsable(path, error);
  }
  if (certificates.length === 0) throw notUsable(path);
  setDefaultCACertificates([...getCACertificates("default"), ...certificates]);
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;

function notUsable(path: string, cause?: unknown): PipitError {
  const message = `${path} (PIPIT_CA_FILE, --ca-file) is not a file of certificates. Name one in PEM form: -----BEGIN CERTIFICATE-----.`;
  return new PipitError("CONFIG_INVALID", message, { field: "PIPIT_CA_FILE", cause });
}
