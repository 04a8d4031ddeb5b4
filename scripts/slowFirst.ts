/**
 * The order of test files: those that start services and servers first. They take longest, and one of them that comes last
 * leaves the other workers idle.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node"

const slow =
  /\/(redis|process|telemetry|access|guides|hostile|bench|recipes|foreign|prosody)\/|(\/redis|[pP]roperties|Guide|generators|\/held|\/memory)\.test\.ts$/

export default class SlowFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const isSlow = ({ moduleId }: TestSpecification) => slow.test(moduleId)
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))]
  }
}
