import { create } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { reflectionV1, VerificationService } from "@posh/api/grpc"
import { Effect } from "effect"
import { makeReflection } from "../../src/grpc/services/reflection.ts"

async function* asked() {
  const messageRequest = { case: "fileContainingSymbol", value: VerificationService.typeName } as const
  for (let turn = 0; turn < 2; turn += 1) yield create(reflectionV1.ServerReflectionRequestSchema, { messageRequest })
}

describe("reflection", () => {
  it.effect("does not make what it tells anew for each request", () =>
    Effect.gen(function*() {
      const answers = makeReflection([VerificationService])(asked())[Symbol.asyncIterator]()
      const [first, second] = [yield* Effect.promise(() => answers.next()), yield* Effect.promise(() => answers.next())]
      assert.isDefined(first.value)
      assert.strictEqual(first.value.messageResponse.value, second.value.messageResponse.value)
    }))
})
