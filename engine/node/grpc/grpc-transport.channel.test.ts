import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerCredentials } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { collect } from "#tests/doubles/collect.ts";
import { failure } from "#tests/doubles/failure.ts";
import { connect, never, question } from "../testing/grpc-transport-kit.ts";
import { trustAuthoritiesOf } from "../http/trusted-authorities.ts";
import { response, startStreamingServer } from "../testing/streaming-server.ts";

describe("the channel", () => {
  test("refuses plaintext to another machine, and malformed targets", () => {
    for (const target of ["pipit.example.org:443", "10.0.0.1:50051"]) {
      expect(() => connect(target)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
    for (const target of ["", "localhost", "http://localhost:1", "localhost:0", "localhost:70000", "a b:1"]) {
      expect(() => connect(target, { tls: true })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
  });

  test("[O3] speaks TLS by default and trusts only known authorities", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pipit-tls-"));
    try {
      const key = join(folder, "key.pem");
      const cert = join(folder, "cert.pem");
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-days",
          "1",
        ].concat([
          "-subj",
          "/CN=localhost",
          "-addext",
          "subjectAltName=DNS:localhost,IP:127.0.0.1",
          "-keyout",
          key,
          "-out",
          cert,
        ]),
        { stdio: "ignore" },
      );
      const pair = { private_key: readFileSync(key), cert_chain: readFileSync(cert) };
      await using server = await startStreamingServer({
        credentials: ServerCredentials.createSsl(null, [pair]),
        streamAudio(call) {
          call.write(response({ case: "endMessage", value: "done" }));
          call.end();
        },
      });
      // By name: grpc-js names the host in its greeting, which RFC 6066 §3 wants no address in.
      const target = server.target.replace("127.0.0.1", "localhost");
      using strict = connect(target, { tls: true });
      expect(await failure(collect(strict.ask(question, never)))).toMatchObject({
        code: "CERTIFICATE_REFUSED",
        message: expect.stringMatching(/localhost:\d+ is not trusted: it is signed by itself/u),
      });
      expect(() => trustAuthoritiesOf(key)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
      trustAuthoritiesOf(cert);
      using trusting = connect(target, { tls: true });
      expect(await collect(trusting.ask(question, never))).toEqual([{ type: "end" }]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
