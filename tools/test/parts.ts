import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runCommand } from "./command.ts";
import { postgresFolders } from "./postgres-server.ts";

/** A machine part that some tests need and that Node cannot bring along. */
export type PartName =
  | "voice"
  | "sound"
  | "secrets"
  | "display"
  | "python-grpc"
  | "python-web"
  | "tools"
  | "terminal"
  | "chromium"
  | "quick-chromium"
  | "postgres"
  | "redis"
  | "proxies"
  | "systemd"
  | "compose"
  | "totp"
  | "model-checker"
  | "promtool"
  | "import";

/** A program or library that the tests need, and the Debian packages that bring it. */
interface Requirement {
  readonly kind: "command" | "library" | "python";
  /** Program name, shared library, or Python module. */
  readonly name: string;
  readonly packages: readonly string[];
}

interface Part {
  readonly name: PartName;
  /** Ends the sentence "without it, no ...". */
  readonly purpose: string;
  readonly requirements: readonly Requirement[];
}

const command = (name: string, ...packages: readonly string[]): Requirement => ({
  kind: "command",
  name,
  packages,
});
const library = (name: string, ...packages: readonly string[]): Requirement => ({
  kind: "library",
  name,
  packages,
});
const python = (name: string, ...packages: readonly string[]): Requirement => ({
  kind: "python",
  name,
  packages,
});

/** Every system part of the tests. The shared libraries are what node-screenshots, audio-io and keyring load. */
const parts: readonly Part[] = [
  {
    name: "voice",
    purpose: "speech of the system's voice",
    requirements: [command("espeak-ng", "espeak-ng")],
  },
  {
    name: "sound",
    purpose: "playback against a real sound server",
    requirements: [
      command("pulseaudio", "pulseaudio"),
      command("pactl", "pulseaudio-utils"),
      command("parec", "pulseaudio-utils"),
      command("aplay", "alsa-utils"),
      command("sox", "sox"),
      library("libasound.so.2", "libasound2-plugins"),
      library("alsa-lib/libasound_module_pcm_pulse.so", "libasound2-plugins"),
    ],
  },
  {
    name: "secrets",
    purpose: "keychain tests against a real Secret Service",
    requirements: [
      command("dbus-daemon", "dbus"),
      command("dbus-send", "dbus"),
      command("gnome-keyring-daemon", "gnome-keyring"),
      command("secret-tool", "libsecret-tools"),
    ],
  },
  {
    name: "display",
    purpose: "screenshots of a real display",
    requirements: [
      command("Xvfb", "xvfb"),
      command("openbox", "openbox"),
      library("libxcb.so.1", "libxcb1"),
      library("libdbus-1.so.3", "dbus"),
    ],
  },
  {
    name: "python-grpc",
    purpose: "foreign clients in Python",
    requirements: [
      python("grpc", "python3-grpcio"),
      python("google.protobuf", "python3-protobuf"),
      python("websockets", "python3-websockets"),
      command("protoc", "protobuf-compiler", "libprotobuf-dev"),
      command("grpc_python_plugin", "protobuf-compiler-grpc"),
    ],
  },
  {
    name: "python-web",
    purpose: "services of others in Python",
    requirements: [
      python("fastapi", "python3-fastapi"),
      python("uvicorn", "python3-uvicorn"),
      python("jwt", "python3-jwt"),
      python("cryptography", "python3-cryptography"),
    ],
  },
  {
    name: "tools",
    purpose: "plain HTTP client, test certificates and process lists",
    requirements: [command("curl", "curl"), command("openssl", "openssl"), command("ps", "procps")],
  },
  {
    name: "model-checker",
    purpose: "search of every interleaving of the outbox and the server",
    requirements: [command("spin", "spin"), command("tcc", "tcc", "libc6-dev")],
  },
  {
    name: "import",
    purpose: "baseline of the capture benchmark, or pictures for the README (no test needs it)",
    requirements: [command("import", "imagemagick"), command("xterm", "xterm", "fonts-dejavu-core")],
  },
  {
    name: "chromium",
    purpose: "window in a real browser",
    requirements: [command("chromium", "chromium", "fonts-dejavu-core")],
  },
  {
    name: "quick-chromium",
    purpose: "quick suites of windows (they take the usual Chromium instead)",
    requirements: [command("chromium-headless-shell", "chromium-headless-shell")],
  },
  {
    name: "terminal",
    purpose: "tests of the REPL in a real terminal",
    requirements: [command("tmux", "tmux")],
  },
  {
    name: "postgres",
    purpose: "store on a real PostgreSQL",
    requirements: [command("initdb", "postgresql"), command("postgres", "postgresql")],
  },
  {
    name: "redis",
    purpose: "attempt limits on a real Redis",
    requirements: [command("redis-server", "redis-server")],
  },
  {
    name: "proxies",
    purpose: "streams and sockets through real proxies",
    requirements: [
      command("nginx", "nginx"),
      command("haproxy", "haproxy"),
      command("caddy", "caddy"),
      command("openssl", "openssl"),
    ],
  },
  {
    name: "systemd",
    purpose: "check of the unit that starts a server",
    // What the unit runs has to be there for systemd to find no fault.
    requirements: [command("systemd-analyze", "systemd"), command("curl", "curl"), command("kill", "procps")],
  },
  {
    name: "compose",
    purpose: "check of compose.yaml by Compose itself (only the nightly run asks it)",
    requirements: [command("docker-compose", "docker-compose")],
  },
  {
    name: "promtool",
    purpose: "alerts as Prometheus reads them",
    requirements: [command("promtool", "prometheus")],
  },
  {
    name: "totp",
    purpose: "one-time codes against a foreign authenticator",
    requirements: [command("oathtool", "oathtool"), command("zbarimg", "zbar-tools")],
  },
];

/** What of a part is not here. */
export interface Missing {
  readonly part: Part;
  readonly requirements: readonly Requirement[];
}

/** Looks at the machine; changes nothing. */
export async function findMissing(signal: AbortSignal): Promise<readonly Missing[]> {
  const found = await Promise.all(
    parts.map(async (part) => {
      const there = await Promise.all(part.requirements.map((requirement) => isHere(requirement, signal)));
      return { part, requirements: part.requirements.filter((_, index) => there[index] !== true) };
    }),
  );
  return found.filter((entry) => entry.requirements.length > 0);
}

/** True where `installParts` can work: Debian or a child of it, as root. */
export async function canInstall(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^ID(_LIKE)?=.*debian/m.test(release);
}

/**
 * Installs the packages of what is missing by apt, without recommended extras. Resolves to undefined, or to the tail
 * of apt's own words when it failed.
 */
export async function installParts(
  missing: readonly Missing[],
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const packages = [
    ...new Set(missing.flatMap((entry) => entry.requirements.flatMap((one) => one.packages))),
  ];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  report(`installing ${packages.length} system packages by apt: ${packages.join(" ")}`);
  const update = await runCommand("apt-get", ["update", "-qq"], { env }, signal);
  if (update.code !== 0) report(`apt-get update failed: ${tail(update.stderr)}`);
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  const install = await runCommand("apt-get", args, { env }, signal);
  report(`apt-get took ${((update.durationMs + install.durationMs) / 1000).toFixed(0)} s`);
  return install.code === 0 ? undefined : tail(install.stdout + install.stderr);
}

function tail(text: string): string {
  return text.trimEnd().split("\n").slice(-5).join("\n");
}

async function isHere(requirement: Requirement, signal: AbortSignal): Promise<boolean> {
  switch (requirement.kind) {
    case "command": {
      const path = (process.env["PATH"] ?? "").split(delimiter);
      return anyExists([...path, "/usr/sbin", ...(await postgresFolders())], requirement.name);
    }
    case "library":
      return anyExists(await libraryFolders(signal), requirement.name);
    case "python": {
      const code = `import ${requirement.name}`;
      const result = await runCommand("/usr/bin/python3", ["-c", code], {}, signal);
      return result.code === 0;
    }
  }
}

/** Folders of the dynamic linker, e.g. /usr/lib/x86_64-linux-gnu. */
async function libraryFolders(signal: AbortSignal): Promise<readonly string[]> {
  const result = await runCommand("/sbin/ldconfig", ["-p"], {}, signal);
  const folders = [...result.stdout.matchAll(/=> (\/.+)\/[^/\n]+$/gm)].map((match) => match[1] ?? "/lib");
  return [...new Set(folders)];
}

async function anyExists(folders: readonly string[], name: string): Promise<boolean> {
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
