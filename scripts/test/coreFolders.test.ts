import { assert, describe, it } from "@effect/vitest"
import { coreFolderBreaches } from "../rules/coreFolders.ts"

const core = "packages/core/src"
const file = (path: string, text: string) => ({ path, text })
const importing = (path: string, specifier: string) => file(path, `import type { A } from "${specifier}"\n`)

describe("what a folder may know", () => {
  it.each<[string, string]>([
    ["codes.ts", "./Lint.ts"],
    ["encoding/json.ts", "../Lint.ts"],
    ["encoding/json.ts", "../x509/der.ts"],
    ["x509/Certificate.ts", "../question/Domain.ts"],
    ["x509/chain/Chain.ts", "../../Policy.ts"],
    ["question/Generation.ts", "../fetch/Fetcher.ts"],
    ["question/Inquiry.ts", "../verdict/decide.ts"],
    ["question/Target.ts", "../presented/Presented.ts"],
    ["question/Target.ts", "../cache/store/AssociationStore.ts"],
    ["association/Hop.ts", "../proof/posh/Document.ts"],
    ["presented/Presented.ts", "../cache/Resolution.ts"],
    ["fetch/publishers.ts", "../proof/posh/Attempt.ts"],
    ["cache/Lookup.ts", "../proof/posh/Attempt.ts"],
    ["cache/store/codec/wire.ts", "../../../verdict/Verdict.ts"],
    ["proof/posh/Resolver.ts", "../../verdict/Verdict.ts"],
    ["verdict/decide.ts", "../fetch/Fetcher.ts"],
    ["verdict/decide.ts", "../node/HttpsFetcher.ts"],
    ["publish/lint.ts", "../cache/Resolution.ts"],
    ["node/Dial.ts", "../proof/posh/Attempt.ts"],
    ["node/Dial.ts", "../cache/Lookup.ts"],
    ["Verifier.ts", "./node/HttpsFetcher.ts"],
    ["Policy.ts", "./proof/posh/Lifetime.ts"]
  ])("is not what stands above it: %s -> %s", (path, specifier) => {
    assert.lengthOf(coreFolderBreaches([importing(`${core}/${path}`, specifier)]), 1)
  })

  it.each<[string, string]>([
    ["x509/Certificate.ts", "./der.ts"],
    ["x509/chain/Chain.ts", "../../Limits.ts"],
    ["question/Inquiry.ts", "../presented/Presented.ts"],
    ["question/QuestionOptions.ts", "../Policy.ts"],
    ["cache/store/codec/wire.ts", "../../../association/Hop.ts"],
    ["node/Dial.ts", "../cache/ResolutionObserver.ts"],
    ["Verifier.ts", "./verdict/decide.ts"]
  ])("is itself and what stands below it: %s -> %s", (path, specifier) => {
    assert.deepStrictEqual(coreFolderBreaches([importing(`${core}/${path}`, specifier)]), [])
  })

  it("has exceptions, for as long as something needs them", () => {
    const exception = `${core}/cache/Lookup.ts -> ${core}/proof/posh/Attempt.ts`
    const files = [importing(`${core}/cache/Lookup.ts`, "../proof/posh/Attempt.ts")]
    assert.deepStrictEqual(coreFolderBreaches(files, [exception]), [])
    assert.lengthOf(coreFolderBreaches([], [exception]), 1)
  })

  it("is said of each folder", () => {
    assert.lengthOf(coreFolderBreaches([file(`${core}/somewhere/else.ts`, "")]), 1)
    assert.deepStrictEqual(coreFolderBreaches([importing(`${core}/index.ts`, "./Verifier.ts")]), [])
  })

  it("counts exports and imports for effect", () => {
    const files = [
      file(`${core}/x509/pem.ts`, `export * from "../Policy.ts"\nimport "../Verifier.ts"\n`),
      file(`${core}/x509/der.ts`, `export {\n  type Policy\n} from "../Policy.ts"\n`)
    ]
    assert.lengthOf(coreFolderBreaches(files), 3)
  })
})
