import { serveJobs } from "#server/domain/jobs/serve-jobs.ts";
import { createEvaluate } from "./calculator-engine.ts";

const evaluate = createEvaluate();
// The first one has the library made ready, at ten times the cost of the next: no question's time is for that.
evaluate("1 + 1");
serveJobs(evaluate);
