/**
 * What a text cites of the requirements: ids such as POSH-MAT-43, also in short (MAT-43, as in titles of tests) and in
 * ranges, and sections.
 */

/** Levels of docs/spec/requirements.md, by id. Open questions (AMB) have none. */
export type Requirements = ReadonlyMap<string, string>

/** Stands for the level of an id that is no requirement any more. */
export const retired = "retired"

export const readRequirements = (text: string): Requirements =>
  new Map(
    [...text.matchAll(/^\| ((?:POSH-[A-Z]+|AMB)-\d+) \| ([^|]*) \|/gm)].map(([, id = "", level = ""]) =>
      [id, id.startsWith("AMB") ? "" : level.trim()] as const
    )
  )

/** Ids that a table defines more than once. */
export const definedTwice = (text: string): ReadonlyArray<string> => {
  const ids = [...text.matchAll(/^\| ((?:POSH-[A-Z]+|AMB)-\d+) \|/gm)].map(([, id = ""]) => id)
  return ids.filter((id, index) => ids.indexOf(id) < index)
}

/** Numbers of headings (`2.6`, `A.4`), and of the rows of an appendix (`D.7`). */
export const readSections = (text: string): ReadonlySet<string> =>
  new Set([
    ...[...text.matchAll(/^#+ (?:Appendix )?([0-9A-E](?:\.\d+)*)\.?(?= )/gm)].map(([, number = ""]) => number),
    ...[...text.matchAll(/^\| ([A-E](?:\.\d+)+) \|/gm)].map(([, number = ""]) => number)
  ])

/**
 * The ids in a text, in full, each once. A range stands for what is in force between its ends; these are there
 * in any case.
 */
export const citedIds = (text: string, known: Requirements): ReadonlySet<string> => {
  const cited = new Set<string>()
  for (const [, full, short, from = "", to] of text.matchAll(citation)) {
    const family = full ?? (short === "AMB" ? short : `POSH-${short}`)
    cited.add(`${family}-${from}`)
    if (to === undefined) continue
    cited.add(`${family}-${to}`)
    for (const [id, level] of known) {
      const number = id.slice(family.length + 1)
      if (id.startsWith(`${family}-`) && from < number && number < to && level !== retired) cited.add(id)
    }
  }
  return cited
}

const families = ["REQ", "FMT", "RES", "MAT", "CAC", "SEC", "PRF", "PUB", "ERR", "NEG", "AMB"]

// One id, and where it begins a range the number at its end: "-01 to -07", "20…22", "POSH-RES-30 to POSH-RES-34".
const citation = new RegExp(
  String.raw`\b(?:(POSH-[A-Z]+)|(?<!POSH-)(${families.join("|")}))-(\d+)` +
    String.raw`(?:(?:…|–| to )(?:(?:\1|(?:POSH-)?\2)-|-)?(\d+)\b)?`,
  "g"
)

/** The sections of the requirements that a text cites, as in "requirements §2.6–2.7" or "requirements D.7". */
export const citedSections = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(sections)].flatMap(([, list = ""]) => list.match(/[A-E](?:\.\d+)+|\d+(?:\.\d+)*/g) ?? []))

const section = String.raw`(?:§\d+(?:\.\d+)*(?:–\d+(?:\.\d+)*)?|[A-E](?:\.\d+)+)`

// Comments may break the line within the citation.
const sections = new RegExp(
  String.raw`\b[Rr]equirements(?:\s+(?:\*|//))?\s+(${section}(?:(?:, | and )${section})*)`,
  "g"
)
