/** Where an incomplete path stops: the certificates whose issuer is missing. */
import { assert, describe, it } from "@effect/vitest"
import { forge, type Forged } from "@posh/testing"
import { Result } from "effect"
import { makePathMemo } from "../../../src/proof/pkix/PathMemo.ts"
import { parseCertificate } from "../../../src/x509/Certificate.ts"
import { makeTrustAnchors } from "../../../src/x509/path/TrustAnchors.ts"
import { ca, find, now, under, type World } from "./world.ts"

interface Row {
  readonly name: string
  readonly make: () => World & { readonly ends: ReadonlyArray<Forged> }
}

const rows: ReadonlyArray<Row> = [
  {
    name: "no intermediate: the leaf",
    make: () => {
      const world = under({}, {})
      return { ...world, intermediates: [], ends: [world.leaf] }
    }
  },
  {
    name: "no anchor: the last one that was presented",
    make: () => {
      const world = under({}, {})
      return { ...world, anchors: [], ends: world.intermediates }
    }
  },
  {
    name: "an issuer of that name with another key: the leaf",
    make: () => {
      const world = under({}, {})
      return { ...world, intermediates: [ca("Issuer", ca("Root"))], ends: [world.leaf] }
    }
  },
  {
    name: "two ways that both stop",
    make: () => {
      const [one, other] = [ca("One"), ca("Other")]
      const issuer = ca("Issuer", one)
      const crossed = ca("Issuer", other, { keys: issuer.keys })
      return { leaf: forge(issuer), intermediates: [issuer, crossed], anchors: [], ends: [issuer, crossed] }
    }
  },
  {
    name: "strangers are no ends: nobody comes by them",
    make: () => {
      const world = under({}, {})
      return { ...world, intermediates: [ca("Stranger", ca("Nobody"))], ends: [world.leaf] }
    }
  },
  {
    name: "another fault is no end",
    make: () => ({ ...under({ notAfter: "2026-02-01T00:00:00Z" }, {}), ends: [] })
  }
]

const texts = (ders: ReadonlyArray<Uint8Array>) => ders.map((der) => Buffer.from(der).toString("hex")).toSorted()

describe("the ends of an incomplete path", () => {
  it.each(rows)("$name", ({ make }) => {
    const { ends, ...world } = make()
    const fault = Result.getOrThrow(Result.flip(find(world)))
    assert.deepStrictEqual(texts(fault.ends), texts(ends.map(({ der }) => der)))
  })

  it("are remembered as places, and read from the chain of whoever asks", () => {
    const { anchors, intermediates: [issuer], leaf } = under({}, {})
    const memo = makePathMemo()
    const question = () => ({
      leaf: Result.getOrThrow(parseCertificate(new Uint8Array(leaf.der))),
      intermediates: [new Uint8Array(issuer?.der ?? [])],
      anchors: makeTrustAnchors([]),
      now
    })
    assert.lengthOf(anchors, 1)
    memo.find(question())
    const again = question()
    const known = memo.recall(again)
    assert.isDefined(known)
    assert.strictEqual(Result.getOrThrow(Result.flip(known)).ends[0], again.intermediates[0])
  })
})
