import { join } from "node:path";
import { runCommand } from "./command.ts";

/** PEM files of a certificate that is its own authority. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Makes a certificate for some names, good for two days unless `days` says otherwise.
 *
 * @param folder where both files go
 */
export async function makeCertificate(
  folder: string,
  names: readonly string[],
  signal: AbortSignal,
  days = 2,
): Promise<CertificateFiles> {
  const files = { certFile: join(folder, "server.crt"), keyFile: join(folder, "server.key") };
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    String(days),
    "-subj",
    `/CN=${names[0]}`,
  ];
  const also = ["-addext", `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`];
  const args = [...request, ...also, "-keyout", files.keyFile, "-out", files.certFile];
  const { code, stderr } = await runCommand("openssl", args, {}, signal);
  if (code !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
  return files;
}
