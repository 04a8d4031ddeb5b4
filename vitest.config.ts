import { defineConfig } from "vitest/config"

/** Load for the whole machine, and judged by time or memory: one after the other, when all others are done. */
export const alone = [
  "apps/lab/test/{abuse,reliability}/**/*.test.ts",
  "apps/server/test/crowd.test.ts",
  "apps/server/test/docker/balancer.test.ts",
  "apps/server/test/hostile/{heap,load}.test.ts",
  "apps/server/test/redis/chaos.test.ts",
  "packages/core/test/memory/*.test.ts",
  "packages/core/test/cache/store/memoryStore.test.ts",
  "packages/core/test/node/{floods,nativeMemory}.test.ts"
]

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/summaryReporter.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "threads",
    projects: [
      {
        extends: true,
        test: {
          name: "beside each other",
          include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "scripts/test/**/*.test.ts"],
          exclude: alone,
          maxWorkers: 3, // many tests wait for servers, so that two would leave a core idle
          sequence: { groupOrder: 0 }
        }
      },
      {
        extends: true,
        test: { name: "alone", include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } }
      }
    ]
  }
})
