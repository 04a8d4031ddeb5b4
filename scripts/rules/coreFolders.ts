/**
 * Which folders of core a folder may know: types and functions stand below what reads them, so that nothing stands in the
 * way of a part that is used without those above it. Types count.
 */
import { dirname, join } from "node:path"
import { type SourceFile, sourceFiles } from "./files.ts"
import { specifiers } from "./imports.ts"

interface FolderRule {
  /** A folder, or a file that lies in no folder of its own. */
  readonly path: string
  /** Folders and files of the same package that it may know besides itself. */
  readonly known: ReadonlyArray<string>
}

const inCore = (name: string): string => `packages/core/src/${name}`
const folderRule = (path: string, ...known: ReadonlyArray<string>): FolderRule => ({
  path: inCore(path),
  known: known.map(inCore)
})

const basics = ["codes.ts", "Limits.ts", "encoding/", "Lint.ts"]

/** From below; of several rows the first counts. Each folder of core has one. */
const folders: ReadonlyArray<FolderRule> = [
  folderRule("codes.ts"),
  folderRule("Limits.ts"),
  folderRule("encoding/", "Limits.ts"),
  folderRule("Lint.ts", "Limits.ts", "encoding/"),
  folderRule("x509/", "Limits.ts", "encoding/"),
  // What a deployment decides is put together from what each stage lets it decide, and read where a stage needs it all.
  folderRule("Policy.ts", "Limits.ts", "x509/", "question/", "association/", "fetch/"),
  folderRule("checkPolicy.ts", "Policy.ts", "Limits.ts", "x509/", "question/", "association/", "fetch/"),
  // A prepared question holds the certificate that it is about.
  folderRule("question/Inquiry.ts", ...basics, "Policy.ts", "question/", "presented/"),
  folderRule("question/", ...basics, "Policy.ts"),
  folderRule("association/", ...basics, "question/"),
  folderRule("presented/", ...basics, "Policy.ts", "x509/", "question/", "association/"),
  folderRule("fetch/", ...basics, "question/"),
  // An entry lists names, of what any proof type leaves in a store.
  folderRule("cache/index.ts", ...basics, "question/", "association/", "cache/", "proof/dane/"),
  // A source of material is known by its interface alone: other proof types remember, too.
  folderRule("cache/", ...basics, "x509/", "question/", "association/", "fetch/"),
  folderRule("proof/", ...basics, "Policy.ts", "x509/", "question/", "association/", "presented/", "fetch/", "cache/"),
  // Pure: nothing here asks anybody.
  folderRule(
    "verdict/",
    ...basics,
    "Policy.ts",
    "x509/",
    "question/",
    "association/",
    "presented/",
    "cache/",
    "proof/"
  ),
  folderRule(
    "publish/",
    ...basics,
    "Policy.ts",
    "x509/",
    "question/",
    "association/",
    "presented/",
    "fetch/",
    "proof/",
    "verdict/"
  ),
  folderRule("AssociationReporter.ts", ...basics, "Policy.ts", "question/", "proof/", "verdict/"),
  folderRule(
    "Conclusions.ts",
    "question/",
    "cache/",
    "proof/",
    "verdict/"
  ),
  folderRule(
    "Verifier.ts",
    "AssociationReporter.ts",
    ...basics,
    "Policy.ts",
    "checkPolicy.ts",
    "Conclusions.ts",
    "x509/",
    "question/",
    "association/",
    "presented/",
    "fetch/",
    "cache/",
    "proof/",
    "verdict/"
  ),
  // An implementation of `fetch/`; it knows no stage that asks it.
  folderRule("node/", ...basics, "x509/", "question/", "fetch/", "cache/ResolutionObserver.ts")
]

/** Imports by which a file of a folder knows one that it may not know, and exceptions that none needs any more. */
export const coreFolderBreaches = (
  files: ReadonlyArray<SourceFile>,
  exceptions: ReadonlyArray<string> = []
): ReadonlyArray<string> => {
  const imports = files.flatMap((file) => {
    const rule = folders.find((one) => file.path.startsWith(one.path))
    if (rule === undefined) return []
    return targetsOf(file)
      .filter((target) => ![rule.path, ...rule.known].some((known) => target.startsWith(known)))
      .map((target) => `${file.path} -> ${target}`)
  })
  const nowhere = files.map(({ path }) => path).filter((path) =>
    /^packages\/core\/src\/[^/]+\//.test(path) && !folders.some((one) => path.startsWith(one.path))
  )
  return [
    ...nowhere.map((path) => `${path}: no row says whom its folder may know`),
    ...imports.filter((one) => !exceptions.includes(one)).map((one) => `${one}: its folder may not know that`),
    ...exceptions.filter((one) => !imports.includes(one)).map((one) => `${one}: an exception that nothing needs`)
  ]
}

const targetsOf = ({ path, text }: SourceFile): ReadonlyArray<string> =>
  [...text.matchAll(specifiers)]
    .map(([, a, b, c]) => a ?? b ?? c ?? "")
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => join(dirname(path), specifier))

export const checkCoreFolders = (): ReadonlyArray<string> =>
  coreFolderBreaches(sourceFiles(/^packages\/core\/src\/.*\.ts$/))
