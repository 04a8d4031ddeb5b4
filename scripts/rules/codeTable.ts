/** The table of codes in the requirements (section 8) says what the table in the code says. */

/** What the code's table says of one code. */
export interface CodeRow {
  readonly verdict: string
  readonly retryable: boolean
  readonly negativeTtl: number | string
}

/** Breaches, by code. `unreachable` are codes that this build cannot reach; of these only the names are compared. */
export const codeTableBreaches = (
  requirements: string,
  codes: Readonly<Record<string, CodeRow>>,
  unreachable: Readonly<Record<string, string>>
): ReadonlyArray<string> => {
  const written = readTable(requirements)
  const all = new Set([...Object.keys(codes), ...Object.keys(unreachable)])
  return [
    ...[...all].filter((code) => !written.has(code)).map((code) => `${code} is missing in ${table}`),
    ...[...written.keys()].filter((code) => !all.has(code)).map((code) => `${code} is in ${table} alone`),
    ...Object.entries(codes).flatMap(([code, row]) => {
      const found = written.get(code)
      const expected = describe(row)
      return found === undefined || found === expected
        ? []
        : [`${code} is ${expected} in code, and ${found} in ${table}`]
    })
  ]
}

const table = "section 8 of docs/spec/requirements.md"

/** Code → verdict, retryable, seconds, as one text. */
const readTable = (requirements: string): ReadonlyMap<string, string> =>
  new Map(
    [...requirements.matchAll(row)].flatMap(([, names = "", verdict = "", retryable = "", negativeTtl = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, code = ""]) =>
        [code, [verdict, firstWord(retryable), firstWord(negativeTtl)].join(", ")] as const
      )
    )
  )

// | codes | when | V | R | N | F |; rows about entries have no verdict of their own, and are lints.
const row = /^\| (`[A-Z]\w+`(?: \/ `\w+`)*) \| [^|]* \| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm

const firstWord = (cell: string): string => cell.split(" ")[0] ?? ""

const describe = ({ negativeTtl, retryable, verdict }: CodeRow): string =>
  [verdicts[verdict] ?? verdict, retryable ? "yes" : "no", ttls[negativeTtl] ?? String(negativeTtl)].join(", ")

const verdicts: Readonly<Record<string, string>> = {
  "refused": "err",
  "no-material": "nm",
  "unusable-material": "um",
  "mismatch": "mm",
  "certificate-invalid": "ci",
  "indeterminate": "in"
}

const ttls: Readonly<Record<string, string>> = { "backoff": "30↑", "retry-after": "Retry-After", "never": "no" }
