import { assert, describe, it } from "@effect/vitest"
import { Health, reflectionV1, reflectionV1Alpha, VerificationService } from "@posh/api/grpc"
import { methods, otherMethod, scopeOfMethod } from "../../src/methods.ts"

const services = [Health, reflectionV1.ServerReflection, reflectionV1Alpha.ServerReflection, VerificationService]

describe("the table of methods", () => {
  it("has every method that there is", () => {
    const described = services.flatMap(({ methods, typeName }) => methods.map(({ name }) => `${typeName}/${name}`))
    assert.deepStrictEqual(methods, [...described, otherMethod].toSorted())
  })

  it("lets nobody in to one that it does not list", () => assert.strictEqual(scopeOfMethod("posh.v1.X/Y"), "admin"))
})
