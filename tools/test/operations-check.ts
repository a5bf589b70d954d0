import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot, runCommand } from "./command.ts";
import { checkTeamProxy } from "./team-proxy.ts";

/** By the command that an operator would give: what it says of our sample. Resolves to a figure, throws its complaints. */
export const operationsChecks: Readonly<Record<string, (signal: AbortSignal) => Promise<string>>> = {
  "nginx -t": (signal) => checkTeamProxy("nginx", signal).then(() => "no fault"),
  "haproxy -c": (signal) => checkTeamProxy("haproxy", signal).then(() => "no fault"),
  "caddy validate": (signal) => checkTeamProxy("caddy", signal).then(() => "no fault"),
  "docker-compose config": checkCompose,
};

/** As an operator fills in compose.yaml, with a password that its words could be taken for. */
async function checkCompose(signal: AbortSignal): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-compose-"));
  try {
    const text = await readFile(join(repositoryRoot, "compose.yaml"), "utf8");
    // Debian's Compose is of the time before a file could name its project.
    await writeFile(join(folder, "compose.yaml"), text.replace(/^name: .+\n/m, ""));
    await writeFile(
      join(folder, ".env"),
      "POSTGRES_PASSWORD='pw2/#@%41:?$x'\nPIPIT_MASTER_KEY=key\nPIPIT_PUBLIC_URL=https://pipit.example\n",
    );
    const { code, stdout, stderr } = await runCommand("docker-compose", ["config"], { cwd: folder }, signal);
    if (code !== 0) throw new Error(`docker-compose refuses compose.yaml (${code}): ${stderr}`);
    const passwords = stdout.match(/PASSWORD: .*pw2\/#@%41:\?\$+x/g)?.length ?? 0;
    if (passwords !== 3) throw new Error(`of 3 passwords ${passwords} came through:\n${stdout}`);
    return `no fault, ${stdout.match(/^ {4}healthcheck:$/gm)?.length ?? 0} services with a health check`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
