import { defineConfig } from "vitest/config"
import { benchSmoke, timeouts } from "./vitest.config.ts"

/** `npm run test:bench`: every measurement of the bench in a tiny form. */
export default defineConfig({
  test: {
    reporters: ["default", "./scripts/summaryReporter.ts"],
    globalSetup: "./scripts/bundleFirst.ts",
    ...timeouts,
    pool: "threads",
    include: benchSmoke
  }
})
