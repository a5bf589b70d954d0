/**
 * Node flags with which every program starts the server. V8 would reserve up to 128 MiB for new objects; under 1,000
 * streams an eighth of it costs no message rate and saves a third of the growth (`npm run bench -- streams`).
 */
export const serverNodeFlags: readonly string[] = ["--max-semi-space-size=16"];
