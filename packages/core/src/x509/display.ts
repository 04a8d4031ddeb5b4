/**
 * Text of names and serial numbers, for people. Wraps the certificate library so that nothing throws (POSH-SEC-13).
 */
import "reflect-metadata"
import { Name } from "@peculiar/x509"
import { Result } from "effect"
import { toHex } from "../encoding/base64.ts"
import { printable } from "../encoding/quote.ts"

/** A DER `Name` as text like RFC 4514; bounded and escaped (POSH-SEC-14). Never used for decisions. */
export const describeName = (der: Uint8Array): string =>
  printable(Result.getOrElse(Result.try(() => new Name(new Uint8Array(der)).toString()), () => `#${toHex(der)}`))

/** The content of an INTEGER in lower-case hex, without the leading zero of positive numbers; bounded. */
export const describeSerial = (content: Uint8Array): string =>
  printable(toHex(content.length > 1 && content[0] === 0 ? content.subarray(1) : content))
