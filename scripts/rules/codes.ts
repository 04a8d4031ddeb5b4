/**
 * Every failure code is provoked by a test, end to end where there is I/O (POSH-ERR-02); entry codes and lints by any
 * test.
 */
import { failures } from "../../packages/core/src/codes.ts"
import { lintSummaries } from "../../packages/core/src/Lint.ts"
import { sourceFiles } from "./files.ts"

/** Codes without a request in sight, and those that only a fault of ours or a vanished caller can bring about. */
const withoutNetwork = new Set(["InternalError", "Cancelled"])

export const checkCodes = (): ReadonlyArray<string> => {
  const worlds = /^(?:packages\/core\/test\/world|apps\/server\/test\/proofs)\/.*\.ts$/
  const endToEnd = sourceFiles(worlds).map(({ text }) => text).join("\n")
  const tests = sourceFiles(/^(packages|apps)\/[^/]+\/test\/.*\.ts$/).map(({ text }) => text).join("\n")
  const isIn = (text: string, code: string) => new RegExp(`\\b${code}\\b`).test(text)
  return [
    ...Object.keys(failures)
      .filter((code) => !isIn(withoutNetwork.has(code) ? tests : endToEnd, code))
      .map((code) => `no end-to-end test provokes ${code}`),
    ...Object.keys(lintSummaries).filter((code) => !isIn(tests, code)).map((code) =>
      `no test provokes the lint ${code}`
    )
  ]
}
