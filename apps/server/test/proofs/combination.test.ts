/**
 * The table of requirements §6.3 (PRF-40, PRF-42), row by row, over HTTP with real chains and real origins; without the rows of
 * DANE.
 */
import { assert, layer } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { Effect } from "effect"
import { ask, type DomainName, layerDeployed, saidOf, World } from "./world.ts"

type Presented = "trusted" | "unknown" | "elsewhere" | "expired"

interface Row {
  readonly presented: Presented
  readonly domain: DomainName
  /** verdict, code, and the proof type that decided */
  readonly answer: string
  readonly pkix: string
  readonly posh: string
}

const ok = "verified Verified"
const notNeeded = "not-applicable NotNeeded"
const noPath = "certificate-invalid PkixPathInvalid"
const noName = "mismatch PkixNameMismatch"
const mismatch = "mismatch CertificateMismatch"
const nothing = "no-material NotPublished"
const unusable = "unusable-material InvalidJson"
const unknown = "indeterminate ServerError"
const expired = "certificate-invalid PresentedCertificateExpired"

/** POSH is asked only where PKIX does not suffice (PRF-43). */
const alternatives: ReadonlyArray<Row> = [
  { presented: "trusted", domain: "vouches", answer: `${ok} pkix`, pkix: ok, posh: notNeeded },
  { presented: "trusted", domain: "contradicts", answer: `${ok} pkix`, pkix: ok, posh: notNeeded },
  { presented: "trusted", domain: "silent", answer: `${ok} pkix`, pkix: ok, posh: notNeeded },
  { presented: "trusted", domain: "broken", answer: `${ok} pkix`, pkix: ok, posh: notNeeded },
  { presented: "trusted", domain: "down", answer: `${ok} pkix`, pkix: ok, posh: notNeeded },
  { presented: "unknown", domain: "vouches", answer: `${ok} posh`, pkix: noPath, posh: ok },
  { presented: "unknown", domain: "contradicts", answer: `${mismatch} posh`, pkix: noPath, posh: mismatch },
  { presented: "unknown", domain: "silent", answer: `${nothing} posh`, pkix: noPath, posh: nothing },
  { presented: "unknown", domain: "broken", answer: `${unusable} posh`, pkix: noPath, posh: unusable },
  { presented: "unknown", domain: "down", answer: `${unknown} posh`, pkix: noPath, posh: unknown },
  { presented: "elsewhere", domain: "vouches", answer: `${ok} posh`, pkix: noName, posh: ok },
  { presented: "elsewhere", domain: "silent", answer: `${nothing} posh`, pkix: noName, posh: nothing },
  { presented: "expired", domain: "vouches", answer: `${expired} posh`, pkix: expired, posh: expired },
  { presented: "expired", domain: "silent", answer: `${expired} posh`, pkix: expired, posh: expired }
]

/** A failure of POSH is a veto (PRF-41), so POSH is always asked; of two that verify, it is the one named (PRF-44). */
const authoritative: ReadonlyArray<Row> = [
  { presented: "trusted", domain: "vouches", answer: `${ok} posh`, pkix: ok, posh: ok },
  { presented: "trusted", domain: "contradicts", answer: `${mismatch} posh`, pkix: ok, posh: mismatch },
  { presented: "trusted", domain: "silent", answer: `${ok} pkix`, pkix: ok, posh: nothing },
  { presented: "trusted", domain: "broken", answer: `${unusable} posh`, pkix: ok, posh: unusable },
  { presented: "trusted", domain: "down", answer: `${ok} pkix`, pkix: ok, posh: unknown },
  { presented: "unknown", domain: "vouches", answer: `${ok} posh`, pkix: noPath, posh: ok },
  { presented: "unknown", domain: "silent", answer: `${nothing} posh`, pkix: noPath, posh: nothing },
  { presented: "expired", domain: "vouches", answer: `${expired} posh`, pkix: expired, posh: expired }
]

for (
  const [rows, env] of [
    [alternatives, {}],
    [authoritative, { POSH_AUTHORITATIVE: "true" }]
  ] as const
) {
  layer(layerDeployed(env as Readonly<Record<string, string>>), { excludeTestServices: true, timeout: 120_000 })(
    JSON.stringify(env),
    (it) => {
      it.effect.each(rows)("$presented, and the domain $domain: $answer", (row) =>
        Effect.gen(function*() {
          const world = yield* World
          const { issuers, pem } = world[row.presented]
          const question = {
            domain: `${row.domain}.example`,
            chain: [pem, ...issuers.slice(0, -1).map((issuer) => issuer.pem)],
            prooftypes: ["posh", "pkix"]
          }
          const before = world.origins.countOf(question.domain)
          const answer = yield* ask(question)
          assert.strictEqual(`${answer.verdict} ${answer.code} ${answer.prooftype}`, row.answer)
          assert.deepStrictEqual(saidOf(answer), [`pkix ${row.pkix}`, `posh ${row.posh}`])
          assert.strictEqual(answer.valid, answer.verdict === "verified")
          assert.strictEqual(answer.ttl > 0, answer.valid)
          if (row.posh === notNeeded) assert.strictEqual(world.origins.countOf(question.domain), before)
          // From memory it says the same.
          const again = yield* ask(question)
          assert.deepStrictEqual(factsOf(again), factsOf(answer))
        }))
    }
  )
}

const factsOf = ({ code, proofs, prooftype, verdict }: Answer) => ({ verdict, code, prooftype, proofs })
