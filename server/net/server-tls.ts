import { X509Certificate } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { systemCodeOf } from "#contract/system-error.ts";

/** How soon a new certificate is seen. Each look asks for the times of two files. */
const LOOK_EVERY_MS = 5_000;
/** How often the log tells of a certificate that needs somebody. */
const TELL_EVERY_MS = 6 * 60 * 60 * 1_000;
/** Whoever renews by a program does it a month before. */
export const CERTIFICATE_SOON_MS = 14 * 24 * 60 * 60 * 1_000;
/** A client that opens a connection and does not finish the handshake is cut off. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Paths of PEM files: the certificate with its chain, and its key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Options of a port that speaks TLS. */
interface PortTls extends SecureContextOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly handshakeTimeout: number;
}

/** A port whose certificate can be changed while it serves; connections that are open keep theirs. */
interface SecurePort {
  setSecureContext(options: SecureContextOptions): void;
}

interface ServerTlsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: { certificateExpires(atSeconds: number): void };
  /** By which clients know the server, e.g. "pipit.example"; undefined: not known. */
  readonly name: string | undefined;
}

/**
 * The certificate of the server, read anew when its files change. A pair that does not fit, as while it is being written,
 * changes nothing and is told in the log. Disposing looks no more.
 */
export class ServerTls implements Disposable {
  readonly #files: TlsFiles;
  readonly #deps: ServerTlsDeps;
  readonly #ports: SecurePort[] = [];
  readonly #timer: NodeJS.Timeout;
  #pair: ReturnType<typeof readPair>;

  /** @throws PipitError CONFIG_INVALID when the files are no pair */
  constructor(files: TlsFiles, deps: ServerTlsDeps, lookEveryMs = LOOK_EVERY_MS) {
    this.#files = files;
    this.#deps = deps;
    this.#pair = readPair(files);
    this.#tell();
    for (const file of [files.cert, files.key]) {
      watchFile(file, { interval: lookEveryMs, persistent: false }, this.#look);
    }
    this.#timer = setInterval(() => this.#tell(), TELL_EVERY_MS).unref();
  }

  get options(): PortTls {
    const { cert, key } = this.#pair;
    return { cert, key, minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  }

  /** Gives a port, opened with {@link options}, each later pair. */
  follow(port: SecurePort): void {
    this.#ports.push(port);
  }

  /** Reads the files again, now. */
  reload(): void {
    try {
      this.#pair = readPair(this.#files);
    } catch (error) {
      this.#deps.logger.error("tls.files_unusable", {
        error,
        detail: "The certificate from before is used.",
      });
      return;
    }
    for (const port of this.#ports) port.setSecureContext(this.options);
    this.#deps.logger.info("tls.certificate_read", {
      file: this.#files.cert,
      expires: expiresOf(this.#pair),
    });
    this.#tell();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const file of [this.#files.cert, this.#files.key]) unwatchFile(file, this.#look);
  }

  readonly #look = (): void => this.reload();

  #tell(): void {
    const { clock, logger, metrics, name } = this.#deps;
    const { certificate } = this.#pair;
    const { expires, leftMs, isForName } = judgeCertificate(certificate, name, clock.nowMs());
    if (!isForName) {
      const detail = `Clients that ask for ${name} will refuse it. Use one for that name, or another --public-url.`;
      logger.error("tls.other_name", { file: this.#files.cert, names: certificate.subjectAltName, detail });
    }
    metrics.certificateExpires(certificate.validToDate.getTime() / 1_000);
    const said = { file: this.#files.cert, expires };
    const cure = "Put a new one in its place; it is taken within seconds.";
    if (leftMs <= 0) {
      logger.error("tls.certificate_expired", { ...said, detail: `Clients refuse to connect. ${cure}` });
    } else if (leftMs < CERTIFICATE_SOON_MS) {
      logger.warn("tls.certificate_expires", { ...said, detail: cure });
    }
  }
}

/**
 * What matters of a certificate to who serves with it.
 *
 * @param name by which clients know the server; undefined: not known
 */
export function judgeCertificate(certificate: X509Certificate, name: string | undefined, nowMs: number) {
  return {
    /** ISO 8601 */
    expires: expiresOf({ certificate }),
    /** Negative: expired. */
    leftMs: certificate.validToDate.getTime() - nowMs,
    isForName: name === undefined || isFor(certificate, name),
  };
}

function expiresOf({ certificate }: { readonly certificate: X509Certificate }): string {
  return certificate.validToDate.toISOString();
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

/** Both files, if the key is that of the certificate. @throws PipitError CONFIG_INVALID */
export function readPair(files: TlsFiles) {
  const cert = readPem(files.cert, "--tls-cert");
  const key = readPem(files.key, "--tls-key");
  try {
    const certificate = new X509Certificate(cert);
    createSecureContext({ cert, key });
    return { cert, key, certificate };
  } catch (cause) {
    throw new PipitError(
      "CONFIG_INVALID",
      `--tls-cert ${files.cert} and --tls-key ${files.key} are not a certificate and its key (${reasonOf(cause)}). ` +
        "Both must be PEM: the certificate first in its file, then those that it was signed with, and a key without a passphrase.",
      { field: "--tls-cert", cause },
    );
  }
}

function readPem(path: string, field: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PipitError(
      "CONFIG_INVALID",
      `${field}: ${path} cannot be read (${reasonOf(cause)}). Name a file that the server may read.`,
      { field, cause },
    );
  }
}

/** Codes only: a message of OpenSSL is of no use to an operator. */
function reasonOf(error: unknown): string {
  return systemCodeOf(error) || "unreadable";
}
