/**
 * Rules on the text of sources that no linter has: effects go through Effect, files stay short.
 */
import { type SourceFile, sourceFiles } from "./files.ts"

const banned: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["Date.now: use Clock", /\bDate\.now\b/],
  ["new Date(): use Clock", /\bnew Date\(\)/],
  ["Math.random: use Random", /\bMath\.random\b/],
  ["process.env: use Config", /\bprocess\.env\b/],
  ["async: use Effect", /\basync\b(?! iterator)/],
  ["console: use the logger", /\bconsole\.(log|warn|error|info)\b/],
  ["a check switched off", /\boxlint-disable|@ts-(ignore|nocheck|expect-error)/],
  ["unfinished", /\b(TODO|FIXME|XXX)\b/]
]

/** The one place that reads the environment. */
const readsEnvironment = "apps/server/src/config/Config.ts"

const longest = 300

export const checkSources = (): ReadonlyArray<string> => [
  ...sourceFiles(/^(packages\/(core|api)|apps\/server)\/src\/.*\.ts$/).flatMap(checkLines),
  ...sourceFiles(/^(packages|apps|scripts)\/.*\.ts$/).flatMap(checkShape)
]

const bannedIn = (path: string) =>
  banned.filter(([name]) => path !== readsEnvironment || !name.startsWith("process.env"))

const checkLines = ({ path, text }: SourceFile): ReadonlyArray<string> =>
  text.split("\n").flatMap((line, index) =>
    /^\s*(\*|\/\/|\/\*)/.test(line)
      ? []
      : bannedIn(path).filter(([, pattern]) => pattern.test(line)).map(([name]) => `${path}:${index + 1}: ${name}`)
  )

const checkShape = ({ path, text }: SourceFile): ReadonlyArray<string> => [
  ...(text.split("\n").length > longest + 1 ? [`${path}: longer than ${longest} lines`] : []),
  ...(/\b(it|describe|test)(\.effect|\.live)?\.(only|skip|todo)\b/.test(text)
    ? [`${path}: a test that does not run`]
    : [])
]
