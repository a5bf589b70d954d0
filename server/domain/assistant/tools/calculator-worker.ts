import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import { createEvaluate } from "./calculator-engine.ts";

serveJobs(createEvaluate());
