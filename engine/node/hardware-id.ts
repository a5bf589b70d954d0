import type { Logger } from "#engine/ports.ts";

export interface HardwareIdOptions {
  /** PIPIT_HOME, for machines that do not tell their id. */
  readonly home: string;
  readonly logger: Logger;
}

/** A UUID (version 5) that stays the same for this machine. */
export declare function loadHardwareId(options: HardwareIdOptions): Promise<string>;
