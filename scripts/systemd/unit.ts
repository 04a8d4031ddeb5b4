/** What systemd itself does not check of `deploy/systemd`: that the unit fits the service and the repository. */
import { settingBreaches } from "../deploy/settings.ts"

export interface UnitFiles {
  /** The unit, and the drop-ins that are to go with it. */
  readonly units: Readonly<Record<string, string>>
  /** The file of settings that the unit reads. */
  readonly environment: string
  /** Is this path below the root of the repository? */
  readonly exists: (path: string) => boolean
}

/** Pure. */
export const unitBreaches = ({ environment, exists, units }: UnitFiles): ReadonlyArray<string> => {
  const all = Object.values(units).join("\n")
  const settings = [...valuesOf(all, "Environment"), ...environment.split("\n").filter((line) => /^\w+=/.test(line))]
  const names = settings.map((setting) => setting.slice(0, setting.indexOf("=")))
  return [
    ...settingBreaches(names),
    ...repeated(names).map((name) => `${name} is set twice`),
    ...credentialBreaches(all),
    ...valuesOf(all, "ExecStart").flatMap((command) => scriptsOf(command)).filter((path) => !exists(path))
      .map((path) => `ExecStart runs ${path}, which does not exist`),
    ...stopBreaches(all, environment),
    ...reportBreaches(all)
  ]
}

/** The values of a key, in order. Comments and continuations do not occur here. */
export const valuesOf = (text: string, key: string): ReadonlyArray<string> =>
  [...text.matchAll(/^(\w+)=(.*)$/gm)].flatMap(([, name, value = ""]) => name === key ? [value.trim()] : [])

const repeated = (names: ReadonlyArray<string>) => [
  ...new Set(names.filter((name, index) => names.indexOf(name) !== index))
]

/** A credential that is not read, and one that is not there. */
const credentialBreaches = (text: string): ReadonlyArray<string> => {
  const loaded = valuesOf(text, "LoadCredential").map((value) => value.split(":")[0] ?? "")
  const read = valuesOf(text, "Environment").flatMap((value) =>
    [...value.matchAll(/%d\/([\w-]+)/g)].map(([, name]) => name ?? "")
  )
  return [
    ...loaded.filter((name) => !read.includes(name)).map((name) => `the credential ${name} is not read`),
    ...read.filter((name) => !loaded.includes(name)).map((name) => `the credential ${name} is not loaded`),
    ...repeated(loaded).map((name) => `the credential ${name} is loaded twice`)
  ]
}

const scriptsOf = (command: string): ReadonlyArray<string> =>
  command.split(/\s+/).filter((word) => /\.(ts|js|sh)$/.test(word))

/** Seconds that a stop takes beside POSH_DRAIN_DELAY: requests under way, the operations listener, some to spare. */
const besideDrainDelay = 15

const stopBreaches = (units: string, environment: string): ReadonlyArray<string> => {
  const [timeout] = valuesOf(units, "TimeoutStopSec")
  const [delay = "0s"] = valuesOf(environment, "POSH_DRAIN_DELAY")
  return seconds(timeout) >= seconds(delay) + besideDrainDelay
    ? []
    : [`TimeoutStopSec=${timeout} is less than POSH_DRAIN_DELAY=${delay} and ${besideDrainDelay} seconds`]
}

const seconds = (text = ""): number => Number(/^(\d+)s$/.exec(text)?.[1])

/** Reports come from a child of the main process. */
const reportBreaches = (text: string): ReadonlyArray<string> => {
  const [type] = valuesOf(text, "Type")
  const [access] = valuesOf(text, "NotifyAccess")
  return type === "notify" && access === "all"
    ? []
    : ["readiness does not arrive without Type=notify and NotifyAccess=all"]
}
