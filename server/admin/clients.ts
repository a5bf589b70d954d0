import { InvalidArgumentError, Option } from "commander";
import { PipitError } from "#contract/pipit-error.ts";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import { jsonLine, visible } from "#contract/terminal-text.ts";
import type { ClientRegistration, RegisteredClient } from "#server/domain/tokens/clients.ts";
import {
  TOKEN_ALGORITHMS,
  type GrantType,
  type OauthClient,
  type TokenAlgorithm,
} from "#server/domain/tokens/ports.ts";
import { clientLives } from "#server/domain/tokens/client-rules.ts";
import type { AdminContext } from "../compose/admin-context.ts";
import type { AdminDeps, AdminGroup, AdminIo } from "./admin-deps.ts";
import { collect, createCommandGroup, wholeNumber, type CommandGroup } from "./command-group.ts";
import { factsText, tableText, timeText } from "./print.ts";

const longestGraceSeconds = clientLives.refreshGraceMs[1] / 1000;
const DEVICE_GRANT: GrantType = "urn:ietf:params:oauth:grant-type:device_code";
/** Grants by the names that operators type. */
const grants: Readonly<Record<string, GrantType>> = {
  authorization_code: "authorization_code",
  refresh_token: "refresh_token",
  client_credentials: "client_credentials",
  device_code: DEVICE_GRANT,
  [DEVICE_GRANT]: DEVICE_GRANT,
};

/** `pipit admin clients ...` */
export const clients: AdminGroup = async (args, deps) => {
  const group = createCommandGroup("clients", "the OAuth clients of this server", deps);
  addReading(group);
  addRegistration(group, deps);
  addSwitches(group);
  return group.run(args);
};

function addReading({ add }: CommandGroup): void {
  add("list", "all clients, built-in ones included", async (context, { json }: { json?: boolean }) => {
    const all = await context.clients.list();
    if (json === true) return all.map((client) => jsonLine(shown(client))).join("");
    return tableText(["CLIENT", "NAME", "KIND", "ACTIVE", "ALGORITHM", "GRANTS"], all.map(rowOf));
  }).option("--json", "print JSON lines");
  add(
    "show <id>",
    "everything about one client but its secret",
    async (context, id: string, { json }: { json?: boolean }) => {
      const client = await find(context, id);
      return json === true ? jsonLine(shown(client)) : factsText(factsOf(client));
    },
  ).option("--json", "print one line of JSON");
}

interface AddFlags {
  readonly name: string;
  readonly redirectUri?: readonly string[];
  readonly grant?: readonly GrantType[];
  readonly scope?: string;
  readonly confidential?: boolean;
  readonly type?: "native" | "web";
  readonly algorithm?: TokenAlgorithm;
  readonly accessTtl?: number;
  readonly refreshTtl?: number;
  readonly grace?: number;
  readonly allowPasswordGrant?: boolean;
}

function addRegistration({ add, addFirst }: CommandGroup, { io }: AdminDeps): void {
  addFirst(
    "add <id>",
    "register a client; the secret of a confidential one is printed once",
    async ({ clients: all, origin }, id: string, flags: AddFlags) =>
      printRegistered(await all.register(registrationOf(id, flags), origin), "Made", io),
  )
    .requiredOption("--name <text>", "what people are asked to trust")
    .option("--redirect-uri <uri>", "where codes may be sent; may be repeated", collect)
    .option(
      "--grant <grant>",
      "authorization_code, refresh_token, client_credentials or device_code; may be repeated; default: what fits",
      collectGrant,
    )
    .option("--scope <scopes>", "the most it may ask for, space-separated; default api:read")
    .option("--confidential", "keeps a secret")
    .addOption(
      new Option("--type <type>", "native: on people's machines; default: web if confidential").choices([
        "native",
        "web",
      ]),
    )
    .addOption(
      new Option("--algorithm <name>", "signs its access tokens; default RS256").choices(TOKEN_ALGORITHMS),
    )
    .option(
      "--access-ttl <seconds>",
      "life of its access tokens; default 900",
      wholeNumber(...clientLives.accessTtlSeconds),
    )
    .option(
      "--refresh-ttl <seconds>",
      "life of an unused refresh token; default 30 days",
      wholeNumber(...clientLives.refreshTtlSeconds),
    )
    .option(
      "--grace <seconds>",
      `how long a refresh may be repeated; 0 is strict; default ${longestGraceSeconds}`,
      wholeNumber(0, longestGraceSeconds),
    )
    .option("--allow-password-grant", "it is ours: may take passwords itself, and asks for no consent");
  add(
    "rotate-secret <id>",
    "replace the secret of a confidential client; the old one is wrong at once",
    async ({ clients: all, origin }, id: string) =>
      printRegistered(await all.replaceSecret(id, origin), "Changed the secret of", io),
  );
}

/** What a command line asks for. */
export function registrationOf(clientId: string, flags: AddFlags): ClientRegistration {
  const confidential = flags.confidential === true;
  const redirectUris = flags.redirectUri ?? [];
  const allowPasswordGrant = flags.allowPasswordGrant === true;
  return {
    clientId,
    name: flags.name,
    confidential,
    applicationType: flags.type ?? (confidential ? "web" : "native"),
    redirectUris,
    grantTypes: [
      ...new Set([
        ...(flags.grant ?? usualGrants(flags)),
        ...(allowPasswordGrant ? (["password"] as const) : []),
      ]),
    ],
    scope: flags.scope ?? "api:read",
    allowPasswordGrant,
    firstParty: allowPasswordGrant,
    ...(flags.algorithm === undefined ? {} : { tokenAlgorithm: flags.algorithm }),
    ...(flags.accessTtl === undefined ? {} : { accessTtlSeconds: flags.accessTtl }),
    ...(flags.refreshTtl === undefined ? {} : { refreshTtlSeconds: flags.refreshTtl }),
    ...(flags.grace === undefined ? {} : { refreshGraceMs: flags.grace * 1000 }),
  };
}

function usualGrants({ confidential, redirectUri }: AddFlags): readonly GrantType[] {
  if ((redirectUri ?? []).length > 0) return ["authorization_code", "refresh_token"];
  return confidential === true ? ["client_credentials"] : [DEVICE_GRANT, "refresh_token"];
}

/** Also for commander, which prints its message. */
function collectGrant(value: string, before: readonly GrantType[] | undefined): readonly GrantType[] {
  const grant = Object.hasOwn(grants, value) ? grants[value] : undefined;
  if (grant !== undefined) return [...(before ?? []), grant];
  throw new InvalidArgumentError(
    "Known are authorization_code, refresh_token, client_credentials and device_code. For passwords see " +
      "--allow-password-grant.",
  );
}

function addSwitches({ add }: CommandGroup): void {
  add(
    "disable <id>",
    "switch a client off; its sessions end and its tokens are refused at once",
    async (context, id: string) => {
      const sessions = await context.clients.disable(id, context.origin);
      return `${visible(id)}: switched off; ${sessions} sessions ended\n`;
    },
  );
  add("enable <id>", "switch a client on again", async (context, id: string) => {
    await context.clients.enable(id, context.origin);
    return `${visible(id)}: switched on\n`;
  });
  add(
    "remove <id>",
    "forget a client; a built-in one comes back with the next start of a server",
    async (context, id: string) => {
      const sessions = await context.clients.remove(id, context.origin);
      return `${visible(id)}: removed; ${sessions} sessions ended\n`;
    },
  );
}

/** The secret goes to stdout alone, so that a script can catch it. */
function printRegistered({ client, secret }: RegisteredClient, done: string, { stderr }: AdminIo): string {
  if (secret === undefined) return `${done} ${client.clientId}, a public client\n`;
  stderr.write(`${done} ${client.clientId}. Its secret, which is not shown again:\n`);
  return `${secret}\n`;
}

async function find({ clients: all }: AdminContext, id: string): Promise<OauthClient> {
  const client = await all.find(id);
  if (client !== undefined) return client;
  throw new PipitError(
    "INVALID_REQUEST",
    `There is no client "${visible(id)}". See: pipit admin clients list`,
  );
}

/** Without the hash of the secret: the operator has no use for it, and might take it for the secret. */
function shown({ secretHash: _secretHash, ...client }: OauthClient): Omit<OauthClient, "secretHash"> {
  return client;
}

function rowOf(client: OauthClient): readonly string[] {
  return [
    client.clientId,
    client.name,
    kindOf(client),
    client.active ? "yes" : "no",
    client.tokenAlgorithm,
    client.grantTypes.map(grantName).join(" "),
  ];
}

function factsOf(client: OauthClient): readonly (readonly [string, string])[] {
  return [
    ["client", client.clientId],
    ["name", client.name],
    ["kind", kindOf(client)],
    ["active", client.active ? "yes" : "no"],
    ["grants", client.grantTypes.map(grantName).join(" ")],
    ["scope", client.scope],
    ["redirectUris", client.redirectUris.join(" ") || "-"],
    ["afterLogout", client.postLogoutRedirectUris.join(" ") || "-"],
    ["algorithm", client.tokenAlgorithm],
    ["accessTtl", `${client.accessTtlSeconds} s`],
    ["refreshTtl", `${client.refreshTtlSeconds} s, ${client.refreshAbsoluteSeconds} s at most`],
    ["refreshGrace", `${client.refreshGraceMs} ms`],
    ["created", timeText(client.createdAtMs)],
    ["changed", timeText(client.updatedAtMs)],
  ];
}

function kindOf({ confidential, firstParty, applicationType }: OauthClient): string {
  return [firstParty ? "ours" : undefined, applicationType, confidential ? "confidential" : "public"]
    .filter((word) => word !== undefined)
    .join(" ");
}

function grantName(grant: GrantType): string {
  if (grant === DEVICE_GRANT) return "device_code";
  return grant === LOCAL_GRANT_TYPE ? "local" : grant;
}
