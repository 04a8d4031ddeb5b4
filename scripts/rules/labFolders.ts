/**
 * The measurements of apps/lab do not import each other, tests included: each can be changed or removed without the
 * others. What they share lies beside them. Types count.
 */
import { dirname, join } from "node:path"
import { type SourceFile, sourceFiles } from "./files.ts"
import { specifiers } from "./imports.ts"

const measurement = /^apps\/lab\/(?:src|test)\/(bench|reliability|abuse|simulate)\//
const shared = /^apps\/lab\/src\/[^/]+$/

/** Pure. Paths are from the root of the repository. */
export const labFolderBreaches = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const own = measurementOf(file.path)
    // The shared files may import none of them: one could reach another through them.
    if (own === undefined && !shared.test(file.path)) return []
    return targetsOf(file)
      .filter((target) => measurementOf(target) !== undefined && measurementOf(target) !== own)
      .map((target) => `${file.path}: must not import ${target}`)
  })

const measurementOf = (path: string): string | undefined => measurement.exec(path)?.[1]

const targetsOf = ({ path, text }: SourceFile): ReadonlyArray<string> =>
  [...text.matchAll(specifiers)]
    .map(([, a, b, c]) => a ?? b ?? c ?? "")
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => join(dirname(path), specifier))

export const checkLabFolders = (): ReadonlyArray<string> => labFolderBreaches(sourceFiles(/^apps\/lab\/.*\.ts$/))
