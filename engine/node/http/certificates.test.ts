import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeTempHome } from "../testing/temp-home.ts";
import { createHttpClient } from "./http-client.ts";
import { trustAuthoritiesOf } from "./trusted-authorities.ts";

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
`;

/** A private authority, and what it says of servers. */
function openAuthority(folder: string) {
  const openssl = (...args: string[]): void =>
    void execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  writeFileSync(join(folder, "ca.conf"), CONFIG);
  writeFileSync(join(folder, "index.txt"), "");
  openssl("req", "-x509", ...EC, "-days", "1", "-subj", "/CN=Own", "-keyout", "ca.key", "-out", "ca.pem");
  return {
    file: join(folder, "ca.pem"),
    certify(name: string, host: string, endDate: string) {
      const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${host}`];
      openssl("req", "-new", ...EC, ...subject, "-keyout", `${name}.key`, "-out", `${name}.csr`);
      const dates = ["-startdate", "20200101000000Z", "-enddate", endDate];
      const by = ["-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key"];
      openssl("ca", "-batch", ...by, ...dates, "-in", `${name}.csr`, "-out", `${name}.pem`, "-notext");
      const [key, cert] = [`${name}.key`, `${name}.pem`].map((file) => readFileSync(join(folder, file)));
      return { key, cert };
    },
  };
}

test("[O3] a certificate that is not trusted is told by what is wrong with it, and a private authority can be named", async () => {
  await using home = await makeTempHome();
  const authority = openAuthority(home.path);
  const ask = async (pair: ReturnType<typeof authority.certify>): Promise<string> => {
    const server = createServer(pair, (_, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = createHttpClient(`https://localhost:${(server.address() as AddressInfo).port}`);
    try {
      const answer = await client.request({ method: "GET", path: "/" }, new AbortController().signal);
      return answer.body;
    } catch (error) {
      expect(error).toMatchObject({ code: "CERTIFICATE_REFUSED" });
      return String(error);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const good = authority.certify("good", "localhost", "20991231000000Z");
  expect(await ask(good)).toMatch(/authority that this computer does not know.*PIPIT_CA_FILE/u);
  trustAuthoritiesOf(authority.file);
  expect(await ask(good)).toBe("hello");
  expect(await ask(authority.certify("other", "other.example", "20991231000000Z"))).toContain("another name");
  expect(await ask(authority.certify("old", "localhost", "20200102000000Z"))).toContain("has expired");
});
