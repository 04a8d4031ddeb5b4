/**
 * Ends a test run with one line: `N passed, N failed`.
 */
import type { Reporter, TestModule } from "vitest/node"

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      // A file that does not load counts as failed, because its tests are missing.
      if (module.errors().length > 0) failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === "passed") passed += 1
        if (state === "failed" || state === "skipped" || state === "pending") failed += 1 // a skipped test counts as failed
      }
    }
    process.on("exit", () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
    if (failed > 0) process.exitCode = 1
  }
}
