/**
 * Zones that are really signed, with `ldns-signzone`: a tree of delegations as on the Internet, and what goes wrong there.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ensureInstalled } from "../tools.ts"

export interface DnssecZone {
  /** Without a trailing dot. A zone below another one of the list is delegated by it. */
  readonly name: string
  /** Lines of a zone file, with names relative to the zone. SOA, NS and delegations are added. */
  readonly records: string
  /** How absence is proven. Default `nsec3`; `unsigned` has no signatures, and its delegation says so. */
  readonly denial?: "nsec" | "nsec3" | "unsigned"
  /** The signatures ended thirty days ago. */
  readonly expired?: true
  /** Hours until the signatures end. Default: ten days. */
  readonly signedFor?: number
  /** Changes lines after signing: what it returns no longer fits the signatures. */
  readonly forge?: (signed: string) => string
}

export interface SignedZone {
  readonly name: string
  /** Path of a zone file. */
  readonly file: string
  /** DS record; absent without signatures. */
  readonly ds?: string
  /** Is it below no other zone of the list? Its DS is then a trust anchor. */
  readonly isTop: boolean
}

/** TTL of all records in seconds, and of negative answers. */
export const DNSSEC_TTL = 300
export const DNSSEC_NEGATIVE_TTL = 120

/** Writes the zones into a folder; those below others first, as their parents have their DS records. */
export const signZones = (zones: ReadonlyArray<DnssecZone>, folder: string): ReadonlyArray<SignedZone> => {
  ensureInstalled("ldns-signzone", "-v", "ldnsutils")
  const signed = new Map<string, SignedZone>()
  for (const zone of zones.toSorted((one, other) => labels(other.name) - labels(one.name))) {
    const below = [...signed.values()].filter(({ name }) => parentOf(name, zones) === zone.name)
    signed.set(zone.name, sign(zone, below, folder, parentOf(zone.name, zones) === undefined))
  }
  return [...signed.values()]
}

const labels = (name: string): number => name.split(".").length

const parentOf = (name: string, zones: ReadonlyArray<DnssecZone>): string | undefined =>
  zones.map((zone) => zone.name).filter((candidate) => name.endsWith(`.${candidate}`))
    .toSorted((one, other) => labels(other) - labels(one))[0]

const sign = (
  { denial = "nsec3", expired, forge, name, records, signedFor = 240 }: DnssecZone,
  below: ReadonlyArray<SignedZone>,
  folder: string,
  isTop: boolean
): SignedZone => {
  const home = join(folder, name)
  mkdirSync(home)
  const source = join(home, "zone")
  const delegations = below.flatMap((child) => [
    `${child.name}. NS ns.${child.name}.`,
    `ns.${child.name}. A 127.0.0.1`,
    ...(child.ds === undefined ? [] : [child.ds])
  ])
  const lines = [
    `$ORIGIN ${name}.`,
    `$TTL ${DNSSEC_TTL}`,
    `@ SOA ns hostmaster 1 3600 600 86400 ${DNSSEC_NEGATIVE_TTL}`,
    "@ NS ns",
    "ns A 127.0.0.1",
    records,
    ...delegations
  ]
  writeFileSync(source, `${lines.join("\n")}\n`)
  if (denial === "unsigned") return { name, file: source, isTop }

  const key = run("ldns-keygen", ["-a", "ECDSAP256SHA256", "-k", `${name}.`], home).trim()
  const file = join(home, "signed")
  const dates = expired === true
    ? ["-i", instant(-60 * 24), "-e", instant(-30 * 24)]
    : ["-i", instant(-2 * 24), "-e", instant(signedFor)]
  const options = [...dates, ...(denial === "nsec3" ? ["-n"] : []), "-o", `${name}.`, "-f", file]
  run("ldns-signzone", [...options, source, key], home)
  if (forge !== undefined) writeFileSync(file, forge(readFileSync(file, "utf8")))
  return { name, file, ds: readFileSync(join(home, `${key}.ds`), "utf8").trim(), isTop }
}

/** As `ldns-signzone` wants it: in so many hours. */
const instant = (hours: number): string =>
  new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")

const run = (program: string, args: ReadonlyArray<string>, cwd: string): string => {
  const { error, status, stderr, stdout } = spawnSync(program, args, { cwd, encoding: "utf8" })
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`)
  return stdout
}
