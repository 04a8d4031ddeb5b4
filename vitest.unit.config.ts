import { defineConfig } from "vitest/config"
import { timeouts, unit } from "./vitest.config.ts"

/** `npm run test:unit`: what a change needs at once, in under 30 seconds on two cores. `npm test` is everything. */
export default defineConfig({
  test: {
    reporters: ["default", "./scripts/summaryReporter.ts"],
    ...timeouts,
    pool: "threads",
    ...unit
  }
})
