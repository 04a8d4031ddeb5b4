/** `CHANGELOG.md` of the repository: a section for each version, made of the sentences of its changesets. */

type Bump = "major" | "minor" | "patch" | "none"

/** What `changeset status --output` writes, as far as it is needed. */
export interface Plan {
  readonly changesets: ReadonlyArray<{
    readonly summary: string
    readonly releases: ReadonlyArray<{ readonly name: string; readonly type: Bump }>
  }>
  readonly releases: ReadonlyArray<{ readonly name: string; readonly newVersion: string }>
}

/** The one version of all packages. Throws where a plan has more: then `fixed` in `.changeset/config.json` is wrong. */
export const versionOf = ({ releases }: Plan): string => {
  const [version, ...others] = new Set(releases.map(({ newVersion }) => newVersion))
  if (version === undefined || others.length > 0) throw new Error("the packages have no version in common")
  return version
}

/** The changelog with a section for the plan above those that it has. */
export const withSection = (changelog: string, plan: Plan): string => {
  const first = changelog.search(/^## /m)
  const [head, rest] = first < 0 ? [changelog, ""] : [changelog.slice(0, first), changelog.slice(first)]
  return [head.trimEnd(), section(plan), rest.trimEnd()].filter((part) => part !== "").join("\n\n").concat("\n")
}

const headings = { major: "What callers have to change", minor: "New", patch: "Better", none: undefined } as const

const section = (plan: Plan): string => {
  const parts = Object.entries(headings).flatMap(([bump, heading]) => {
    const summaries = plan.changesets.filter((changeset) => highest(changeset.releases) === bump)
    if (heading === undefined || summaries.length === 0) return []
    return [`### ${heading}`, summaries.map(({ summary }) => item(summary)).join("\n")]
  })
  return [`## ${versionOf(plan)}`, ...parts].join("\n\n")
}

const highest = (releases: Plan["changesets"][number]["releases"]): string =>
  Object.keys(headings).find((bump) => releases.some(({ type }) => type === bump)) ?? "none"

const item = (summary: string): string => `- ${summary.trim().replaceAll(/\n(?=.)/g, "\n  ")}`
