import { defineConfig } from "vitest/config"
import SlowFirst from "./scripts/slowFirst.ts"
import { unitTests } from "./scripts/unitTests.ts"

/** Load for the whole machine, and judged by time: one after the other, when all others are done. */
const alone = [
  "apps/lab/test/{abuse,reliability}/*.test.ts",
  "apps/server/test/crowd.test.ts",
  "apps/server/test/docker/balancer.test.ts",
  "apps/server/test/hostile/load.test.ts",
  "apps/server/test/prosody/crowd.test.ts",
  "apps/server/test/redis/chaos.test.ts"
]

/** Random searches, crowds of questions, RSA keys of 4,096 bits, hours of a fleet: each takes seconds. */
const long = ["**/*{p,P}roperties.test.ts", "**/floods.test.ts", "**/issuers.test.ts", "**/simulate.test.ts"]

const unitFiles = unitTests(import.meta.dirname, [...alone, ...long])

/** What hangs, hangs for ever: on a busy machine, less would fail what is only slow. */
export const timeouts = { testTimeout: 120_000, hookTimeout: 300_000 } as const

/** Tests without sockets and processes share modules: for most of them, loading these is most of the work. */
export const unit = {
  include: [...unitFiles],
  isolate: false,
  experimental: { viteModuleRunner: false },
  maxWorkers: 2
}

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/summaryReporter.ts"],
    globalSetup: "./scripts/bundleFirst.ts",
    ...timeouts,
    pool: "threads",
    sequence: { sequencer: SlowFirst },
    projects: [
      { extends: true, test: { name: "unit", ...unit, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: "beside each other",
          include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "scripts/test/**/*.test.ts"],
          exclude: [...alone, ...unitFiles],
          maxWorkers: 4, // most tests wait for servers, so that two would leave a core idle
          sequence: { groupOrder: 1 }
        }
      },
      {
        extends: true,
        test: { name: "alone", include: alone, maxWorkers: 1, sequence: { groupOrder: 2 } }
      }
    ]
  }
})
