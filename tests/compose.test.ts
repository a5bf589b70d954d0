import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readServerConfig } from "#server/config/config.ts";
import { allSettings } from "#server/config/settings.ts";
import { serverPart, windowPart } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";

const serviceSchema = z.object({
  image: z.string().optional(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  stop_grace_period: z.string().optional(),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

let compose: z.infer<typeof composeSchema>;
let dockerfile: string;
beforeAll(async () => {
  const text = await readFile(join(repositoryRoot, "compose.yaml"), "utf8");
  compose = composeSchema.parse(parse(text, { merge: true }));
  dockerfile = await readFile(join(repositoryRoot, "build/server/Dockerfile"), "utf8");
});

const given: Readonly<Record<string, string>> = {
  // As a generator of passwords makes them: none of it may be taken for a part of an address.
  POSTGRES_PASSWORD: "pw2/#@%41:?",
  PIPIT_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
  PIPIT_PUBLIC_URL: "https://pipit.example",
};

/** Compose's own interpolation, as far as the file uses it: `${NAME:?why}` and `${NAME:-default}`. */
function interpolate(value: string): string {
  return value.replaceAll(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_all, name: string, kind: string, rest: string) => {
      const found = given[name];
      if (found !== undefined) return found;
      if (kind === "-") return rest;
      throw new Error(`${name} is not given`);
    },
  );
}

function servers() {
  return Object.entries(compose.services).filter(([, service]) => service.build !== undefined);
}

test("[O7] [O14] the servers are given every setting that is a variable, and take them all", () => {
  const known = allSettings.flatMap(({ env }) => env ?? []);
  expect(servers()).toHaveLength(2);
  for (const [, { environment = {} }] of servers()) {
    expect(new Set(Object.keys(environment))).toEqual(new Set(known));
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, interpolate(value)]),
    );
    const command = z.array(z.string()).parse(JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? "null"));
    expect(readServerConfig({ argv: command, env })).toMatchObject({
      home: "/var/lib/pipit",
      databaseUrl: "postgres://pipit:pw2%2F%23%40%2541%3A%3F@postgres:5432/pipit",
      redisUrl: "redis://redis:6379",
      issuer: "https://pipit.example",
      http: { host: "0.0.0.0", port: 8787 },
      grpc: { host: "0.0.0.0", port: 50051 },
      auth: { registrationOpen: false },
      shutdownDelaySeconds: 5,
    });
  }
});

test("no secret stands in the file, and none has a default", () => {
  const known = allSettings.flatMap(({ env, secret }) => (secret === true ? (env ?? []) : []));
  const secrets = Object.values(compose.services)
    .flatMap(({ environment = {} }) => Object.entries(environment))
    .filter(([name]) => name === "POSTGRES_PASSWORD" || (known.includes(name) && !name.endsWith("_URL")));
  expect(secrets.length).toBeGreaterThan(2 * 5);
  for (const [, value] of secrets) expect(value).toMatch(/^\$\{\w+:(?:\?[^}]+|-)\}$/);
  const required = secrets.filter(([, value]) => value.includes(":?")).map(([name]) => name);
  expect(new Set(required)).toEqual(
    new Set(["POSTGRES_PASSWORD", "PIPIT_DATABASE_PASSWORD", "PIPIT_MASTER_KEY"]),
  );
});

test("[O6] the services that are named exist, with the ports, folders and checks that they say", () => {
  for (const [, service] of servers()) {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services[name]?.healthcheck.test[0]).toBe("CMD");
      expect(condition).toBe("service_healthy");
    }
    expect(service.ports.every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
    expect(service.ports.map((port) => port.split(":").at(-1))).toEqual(["8787", "50051"]);
    expect(service.healthcheck.test.at(-1)).toMatch(/^curl -fsk http:\/\/127\.0\.0\.1:8787\/ready /);
    // Else Docker kills after 10 s what has begun to stop.
    expect(service.stop_grace_period).toBe("30s");
  }
  const used = Object.values(compose.services).flatMap(({ volumes }) =>
    volumes.map((one) => one.split(":")[0]),
  );
  expect(used.toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  for (const { image } of Object.values(compose.services)) {
    if (image !== undefined) expect(image).toMatch(/^[a-z]+:\d+-bookworm$/);
  }
});

test("[O13] the image has the program that makes the first admin", async () => {
  const script = /^RUN printf '(.+)' > \/usr\/local\/bin\/pipit-admin/m.exec(dockerfile)?.[1];
  expect(script).toBe(
    String.raw`#!/bin/sh\n[ "$1" != admin ] || shift\nexec node /opt/pipit/dist/server/admin.js "$@"\n`,
  );
  const { serverConfigs } = await import("../vite.electron.config.ts");
  expect(JSON.stringify(serverConfigs("dist/server"))).toContain("server/admin/main.ts");
});

test("the image is made of what is built, and runs the Node that the project wants", async () => {
  const parts = [serverPart(repositoryRoot), windowPart(repositoryRoot)];
  const build = /^RUN npm run build -- (.+)$/m.exec(dockerfile)?.[1];
  expect(build?.split(" ")).toEqual(parts.map(({ name }) => name));
  const copied = [...dockerfile.matchAll(/^COPY --from=built \/src\/(\S+) \1$/gm)].map((match) => match[1]);
  expect(copied).toEqual(parts.map(({ outDir }) => outDir));
  // An older pg_dump refuses the database of compose.yaml.
  const client = /postgresql-client-(\d+)/.exec(dockerfile)?.[1] ?? "";
  expect(compose.services["postgres"]?.image).toBe(`postgres:${client}-bookworm`);
  const wanted = (await readFile(join(repositoryRoot, ".nvmrc"), "utf8")).trim().split(".")[0];
  expect([...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map((match) => match[1])).toEqual([wanted, wanted]);
});
