import type { TokenStore } from "#engine/ports.ts";
import type { CliConfig } from "../kit/config.ts";
import type { Terminal } from "../kit/terminal.ts";

/** What every command is given. */
export interface CommandDeps {
  readonly config: CliConfig;
  readonly terminal: Terminal;
  /** Already being opened; a command that needs none does not await it. */
  readonly tokenStore: Promise<TokenStore>;
}
