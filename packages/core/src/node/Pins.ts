/**
 * The operator's pins: keys that lead to the certificates of origins, by host.
 */
import { Result } from "effect"
import { decodeBase64 } from "../encoding/base64.ts"
import { type Domain, parseDomain } from "../question/Domain.ts"
import { EgressConfigError } from "./EgressConfigError.ts"

/** SHA-256 of DER SubjectPublicKeyInfos, as padded base64; at least one for each host (RFC 7469 §2.4). */
export type Pins = ReadonlyMap<Domain, ReadonlySet<string>>

/**
 * Parses the file of `POSH_PINS_FILE`: a line `host pin [pin…]` for each host; `#` begins a comment.
 *
 * **Details**
 *
 * A pin is written `sha256/…`, as curl does `sha256//…`, as RFC 7469 does `pin-sha256="…"`, or as bare base64. Lines of the same
 * host add up. Hosts are read as domains of questions are, so U-labels and upper case name the same host (POSH-RES-02).
 *
 * **Gotchas**
 *
 * A file without any pin is a fault: that is how a file looks that somebody begins to write.
 */
export const parsePins = (text: string): Result.Result<Pins, EgressConfigError> =>
  Result.gen(function*() {
    const pins = new Map<Domain, Set<string>>()
    for (const [index, line] of text.split("\n").entries()) {
      const [name, ...words] = line.replace(/#.*/, "").split(/\s+/).filter((word) => word !== "")
      if (name === undefined) continue
      const host = yield* atLine(index, parseHost(name))
      if (words.length === 0) return yield* atLine(index, Result.fail(`${host} has no pin`))
      const known = pins.get(host) ?? new Set()
      for (const word of words) known.add(yield* atLine(index, parsePin(word)))
      pins.set(host, known)
    }
    return pins.size === 0 ? yield* Result.fail(fault("holds no pin")) : pins
  })

const parseHost = (name: string): Result.Result<Domain, string> =>
  Result.mapError(
    parseDomain(name, { allowSpecialUse: true }),
    ({ detail }) => `must begin with a host name, and "${name}" is none (${detail})`
  )

/** The length is fixed, so that the slash before and one within the base64 cannot be confused. */
const forms = [/^(?:sha256\/\/?)?([\w+/]{43}=)$/, /^pin-sha256="([\w+/]{43}=)";?$/]

const parsePin = (word: string): Result.Result<string, string> => {
  const digest = forms.map((form) => form.exec(word)?.[1]).find((found) => found !== undefined)
  return digest === undefined || decodeBase64(digest) === undefined
    ? Result.fail(`"${word}" is no pin: sha256/ and the base64 of 32 octets, 44 characters with the = at the end`)
    : Result.succeed(digest)
}

const atLine = <A>(index: number, result: Result.Result<A, string>): Result.Result<A, EgressConfigError> =>
  Result.mapError(result, (detail) => fault(`line ${index + 1}: ${detail}`))

const fault = (detail: string) => new EgressConfigError({ option: "pins", detail })
