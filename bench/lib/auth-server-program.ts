import { readServerConfig } from "#server/config/config.ts";
import { startServer } from "#server/compose/start-server.ts";
import { serveParent } from "./child-program.ts";
import type { AuthServerReady } from "./auth-server.ts";

/** The whole server as `pipit serve` builds it, on the data that were prepared for it; only the settings named here count. */
const settings = ["PIPIT_HOME", "PIPIT_DATABASE_URL"] as const;
const config = readServerConfig({
  argv: ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"],
  env: {
    ...Object.fromEntries(settings.map((name) => [name, process.env[name]])),
    // The load says by X-Forwarded-For where a request comes from.
    PIPIT_TRUSTED_PROXIES: "127.0.0.1",
    // A port where nobody listens stands for "no Ollama".
    OLLAMA_HOST: "http://127.0.0.1:9",
  },
});
await using server = await startServer(config);
await serveParent<AuthServerReady>({ httpUrl: server.httpUrl });
