import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { tellServicesStory, type Service, type ServiceOptions } from "#tests/testing/auth/services-story.ts";
import { repositoryRoot } from "#tools/test/command.ts";

/** Debian's FastAPI, uvicorn and PyJWT. Secrets go through the environment: arguments are for every user of the machine. */
async function startFastapi(options: ServiceOptions): Promise<Service> {
  const env = {
    PYTHONPATH: join(repositoryRoot, "server-kit/python"),
    PYTHONDONTWRITEBYTECODE: "1",
    ISSUER: options.issuer,
    JWKS_URL: options.jwksUrl,
    INTERNAL_KEY: options.internalKey,
    KEYS_MAX_AGE_MS: options.keysMaxAgeMs?.toString(),
    COOLDOWN_MS: options.cooldownMs?.toString(),
  };
  const child = spawn("/usr/bin/python3", [join(import.meta.dirname, "fastapi_service.py")], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const words: string[] = [];
  child.stderr.on("data", (piece: Buffer) => words.push(piece.toString("utf8")));
  const exit = once(child, "close");
  const port = await Promise.race([
    once(createInterface(child.stdout), "line").then(([line]) => Number(line)),
    exit.then(() => {
      throw new Error(`fastapi_service.py: ${words.join("")}`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

describe.each(databasesBySize)(
  "[181] a service in Python, on FastAPI, beside a server on $name,",
  ({ name }) => {
    tellServicesStory(name, startFastapi);
  },
);
