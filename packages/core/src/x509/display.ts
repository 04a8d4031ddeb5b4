/**
 * Text of names and serial numbers, for people. Wraps the certificate library so that nothing throws (POSH-SEC-13), and
 * loads it for the first text: no verdict needs one.
 */
import type * as X509 from "@peculiar/x509"
import { Option, Result } from "effect"
import { createRequire } from "node:module"
import { toHex } from "../encoding/base64.ts"
import { printable } from "../encoding/quote.ts"
import { isDer } from "./der.ts"

/** A `Name` as text like RFC 4514, or as hex if it is malformed; bounded and escaped (POSH-SEC-14). Never used for decisions. */
export const describeName = (octets: Uint8Array): string =>
  printable(Option.getOrElse(readText(octets), () => `#${toHex(octets)}`))

// The library also reads BER, nested without end.
const readText = (octets: Uint8Array): Option.Option<string> =>
  isDer(octets)
    ? Result.getSuccess(Result.try(() => new (library().Name)(new Uint8Array(octets)).toString()))
    : Option.none()

const require = createRequire(import.meta.url)

// Node.js keeps loaded modules. The library needs the metadata before it is loaded.
const library = (): typeof X509 => {
  require("reflect-metadata")
  return require("@peculiar/x509")
}

/** The content of an INTEGER in lower-case hex, without the leading zero of positive numbers; bounded. */
export const describeSerial = (content: Uint8Array): string =>
  printable(toHex(content.length > 1 && content[0] === 0 ? content.subarray(1) : content))
