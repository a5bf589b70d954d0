/** The system whose rules the stand-in follows: STAND_IN_PLATFORM=linux|darwin|win32, linux unless it is said. */
export const platform = readPlatform(process.env["STAND_IN_PLATFORM"]);

/** STAND_IN_PACKAGED=1: as an app that was installed, not as one that is run from its source. */
export const isPackaged = process.env["STAND_IN_PACKAGED"] === "1";

function readPlatform(given: string | undefined): "linux" | "darwin" | "win32" {
  if (given === undefined || given === "" || given === "linux") return "linux";
  if (given === "darwin" || given === "win32") return given;
  throw new Error(`STAND_IN_PLATFORM is "${given}": it must be linux, darwin or win32`);
}

/**
 * Tells the app's own code the chosen platform. Node's inside and packages are told the true one: they choose native
 * files and system calls by it, and this machine has only its own.
 */
export function imitatePlatform(): void {
  const system = process.platform;
  if (platform === system) return;
  Object.defineProperty(process, "platform", {
    enumerable: true,
    configurable: true,
    get: () => (isOwnCode(callerOf(new Error("who asks"))) ? platform : system),
  });
}

/** The line of a stack that names who read the property. */
function callerOf({ stack = "" }: Error): string {
  return stack.split("\n")[2] ?? "";
}

function isOwnCode(line: string): boolean {
  return !/node:|node_modules/.test(line);
}
