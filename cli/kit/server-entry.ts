import { fileURLToPath } from "node:url";

/** The backend's own program. */
export const serverEntry: string = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
