/**
 * The commands of the documentation: each block of shell, with the answer that the block after it documents. Whoever tests a
 * page runs all of them; what no test runs stands in `notRun.ts`, with the reason.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { notRun } from "./notRun.ts"

/** What stands between fences. */
export interface Block {
  /** The language. */
  readonly kind: string
  readonly text: string
  /** Of the first line of the text. */
  readonly line: number
}

export interface Command {
  readonly page: string
  readonly line: number
  readonly script: string
  /** The next block of the page, unless that is a command as well. */
  readonly answer?: { readonly kind: "text" | "json"; readonly text: string }
}

const root = join(import.meta.dirname, "../../../..")

/** Pure. */
export const parseBlocks = (page: string): ReadonlyArray<Block> =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: kind = "", 2: text = "", index }) => ({
    kind,
    text,
    line: page.slice(0, index).split("\n").length + 1
  }))

const read = (page: string): ReadonlyArray<Block> => parseBlocks(readFileSync(join(root, page), "utf8"))

const isToBeRun = (page: string, script: string): boolean =>
  !notRun.some((row) => row.page === page && script.startsWith(row.begins))

/** All blocks of a page, but for commands that are not to be run. `page`: its path in the repository. */
export const blocksOf = (page: string): ReadonlyArray<Block> =>
  read(page).filter(({ kind, text }) => kind !== "sh" || isToBeRun(page, text))

/** The commands of a page that its test has to run, in their order. */
export const commandsOf = (page: string): ReadonlyArray<Command> =>
  read(page).flatMap(({ kind, line, text: script }, index, blocks): ReadonlyArray<Command> => {
    if (kind !== "sh" || !isToBeRun(page, script)) return []
    const next = blocks[index + 1]
    return next?.kind === "text" || next?.kind === "json"
      ? [{ page, line, script, answer: { kind: next.kind, text: next.text } }]
      : [{ page, line, script }]
  })

/** Is this the text that is documented? `…` stands for what differs each time. */
export const isDocumented = (output: string, documented: string): boolean =>
  new RegExp(`^${documented.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("\\S+")}$`)
    .test(output)
