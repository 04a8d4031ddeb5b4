/** Selects what to measure by the arguments after `--`. */

export interface Choice<Name extends string> {
  /** In the order of all names. */
  readonly names: ReadonlyArray<Name>
  /** The command line names some; then no page is written. */
  readonly isNamed: boolean
}

/** An unknown name ends the process. Without arguments the choice is `defaults`. */
export const choose = <Name extends string>(
  kind: string,
  all: ReadonlyArray<Name>,
  defaults: ReadonlyArray<Name> = all
): Choice<Name> => {
  const asked: ReadonlyArray<string> = process.argv.slice(2)
  const unknown = asked.filter((name) => !all.some((known) => known === name))
  if (unknown.length > 0) {
    console.error(`no such ${kind}: ${unknown.join("; ")}; there are ${all.join("; ")}`)
    process.exit(1)
  }
  return asked.length === 0
    ? { names: defaults, isNamed: false }
    : { names: all.filter((name) => asked.includes(name)), isNamed: true }
}
