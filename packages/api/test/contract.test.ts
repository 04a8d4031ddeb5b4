import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { BatchQuestion, GenerateRequest, LintRequest, problem, Question } from "../src/index.ts"

const strict = { onExcessProperty: "error" } as const
const base = { domain: "hosted.example", service: "xmpp-server" }
const accepts = (schema: Schema.Codec<unknown, unknown>, value: unknown) =>
  Result.isSuccess(Schema.decodeUnknownResult(schema, strict)(value))

describe("Question", () => {
  const rows: ReadonlyArray<readonly [name: string, value: unknown, accepted: boolean]> = [
    ["domain and service alone: the core asks for the certificate", base, true],
    ["certificate", { ...base, certificate: "MII" }, true],
    ["chain of 10", { ...base, chain: Array.from({ length: 10 }, () => "MII") }, true],
    ["chain of 11 (POSH-REQ-01)", { ...base, chain: Array.from({ length: 11 }, () => "MII") }, false],
    ["fingerprint", { ...base, fingerprint: { "sha-256": "00", "sha-512": "00" } }, true],
    ["fingerprint by a weak hash (POSH-SEC-21)", { ...base, fingerprint: { "sha-1": "00" } }, false],
    ["deadlineMs 50", { ...base, deadlineMs: 50 }, true],
    ["deadlineMs 30000", { ...base, deadlineMs: 30_000 }, true],
    ["deadlineMs 30001 (POSH-REQ-07)", { ...base, deadlineMs: 30_001 }, false],
    ["deadlineMs infinite", { ...base, deadlineMs: Number.POSITIVE_INFINITY }, false],
    ["maxAge 0", { ...base, maxAge: 0 }, true],
    ["maxAge as text", { ...base, maxAge: "0" }, false],
    ["a misspelt safety option", { ...base, namecheck: "source" }, false],
    ["an id", { ...base, id: "a" }, false]
  ]
  it.each(rows)("%s", (_, value, accepted) => assert.strictEqual(accepts(Question, value), accepted))
})

describe("BatchQuestion", () => {
  const rows: ReadonlyArray<readonly [name: string, value: unknown, accepted: boolean]> = [
    ["an id of 128 characters", { ...base, id: "x".repeat(128) }, true],
    ["an id of 129 characters", { ...base, id: "x".repeat(129) }, false],
    ["an id that is a number", { ...base, id: 1 }, false]
  ]
  it.each(rows)("%s", (_, value, accepted) => assert.strictEqual(accepts(BatchQuestion, value), accepted))
})

describe("documents", () => {
  const rows: ReadonlyArray<
    readonly [name: string, schema: Schema.Codec<unknown, unknown>, value: unknown, accepted: boolean]
  > = [
    ["lint: unknown member", LintRequest, { document: "", generation: "draft", strict: true }, false],
    ["lint: unknown generation", LintRequest, { document: "", generation: "g2" }, false],
    ["generate: 64 certificates", GenerateRequest, { certificates: Array.from({ length: 64 }, () => "MII") }, true],
    ["generate: 65 certificates", GenerateRequest, { certificates: Array.from({ length: 65 }, () => "MII") }, false],
    ["generate: expires 0 withdraws, and is not made by accident", GenerateRequest, { url: "x", expires: 0 }, false]
  ]
  it.each(rows)("%s", (_, schema, value, accepted) => assert.strictEqual(accepts(schema, value), accepted))
})

describe("problem", () => {
  it("is RFC 9457 with code and field", () =>
    assert.deepStrictEqual(problem("InvalidSourceDomain", "It is empty.", "domain"), {
      type: "urn:posh:problem:InvalidSourceDomain",
      title: "The domain is not a public host name",
      status: 400,
      detail: "It is empty.",
      code: "InvalidSourceDomain",
      field: "domain"
    }))
})
