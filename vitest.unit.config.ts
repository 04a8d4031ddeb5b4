import { defineConfig } from "vitest/config"
import { unitTests } from "./scripts/unitTests.ts"
import { alone } from "./vitest.config.ts"

/** Random searches, crowds of questions, RSA keys of 4,096 bits, hours of a fleet: each takes seconds. */
const long = ["**/*{p,P}roperties.test.ts", "**/floods.test.ts", "**/issuers.test.ts", "**/simulate.test.ts"]

/** `npm run test:unit`: what a change needs at once, in under 30 seconds on two cores. `npm test` is everything. */
export default defineConfig({
  test: {
    reporters: ["default", "./scripts/summaryReporter.ts"],
    testTimeout: 30_000,
    pool: "threads",
    maxWorkers: 2,
    isolate: false,
    experimental: { viteModuleRunner: false },
    include: [...unitTests(import.meta.dirname, [...alone, ...long])]
  }
})
