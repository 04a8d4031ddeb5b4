/**
 * The certificate library, behind a boundary that nothing is thrown across (POSH-SEC-13).
 */
import "reflect-metadata"
import { Name } from "@peculiar/x509"
import { Result } from "effect"
import { toHex } from "../encoding/base64.ts"
import { printable } from "../encoding/quote.ts"

/** A DER `Name` as RFC 4514-like text; bounded and escaped (POSH-SEC-14). What decides is read from the octets. */
export const describeName = (der: Uint8Array): string =>
  printable(Result.getOrElse(Result.try(() => new Name(new Uint8Array(der)).toString()), () => `#${toHex(der)}`))

/** The content of the INTEGER in lower-case hex, without the octet that keeps it positive; bounded. */
export const describeSerial = (content: Uint8Array): string =>
  printable(toHex(content.length > 1 && content[0] === 0 ? content.subarray(1) : content))
