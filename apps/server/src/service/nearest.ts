/**
 * The known name that was probably meant by an unknown one.
 */

/**
 * A known name with at most two edits, or at most a third of its characters; or the only one that begins with the
 * unknown name, of three characters at least.
 */
export const nearestName = (name: string, known: ReadonlyArray<string>): string | undefined => {
  if (name.length > longest) return undefined // the distance takes the product of both lengths
  const lower = name.toLowerCase()
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance)
  if (best !== undefined && best.distance <= Math.min(2, best.candidate.length / 3)) return best.candidate
  if (lower.length < 3) return undefined
  const [only, another] = known.filter((candidate) => candidate.toLowerCase().startsWith(lower))
  return another === undefined ? only : undefined
}

/** Characters of an unknown name; names of members and parameters are shorter. */
const longest = 64

// Levenshtein distance, one row of the table at a time.
const editDistance = (left: string, right: string): number => {
  let above = [...right, ""].map((_, column) => column)
  for (const [row, character] of [...left].entries()) {
    const current = [row + 1]
    for (const [column, other] of [...right].entries()) {
      const replaced = (above[column] ?? 0) + (character === other ? 0 : 1)
      current.push(Math.min((current[column] ?? 0) + 1, (above[column + 1] ?? 0) + 1, replaced))
    }
    above = current
  }
  return above.at(-1) ?? 0
}
