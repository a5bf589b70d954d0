#!/usr/bin/env node
import { processEnvironment } from "./kit/config.ts";
import { runProgram } from "./program.ts";

/**
 * The terminal client's composition root. It starts on its own, too: copies of npx remember a `pipit` that was this file.
 */
await runProgram(process.argv.slice(2), processEnvironment());
