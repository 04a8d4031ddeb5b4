/**
 * The cursor of the inventory, as opaque text. It denotes a position in the order, not an entry, so it stays valid when
 * the entry at its position is removed.
 */
import { Result } from "effect"
import { decodeBase64Url } from "../../encoding/base64.ts"

/** A position in the order of the inventory: soonest expiry first, then by the text of the key. */
export interface Position {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** `text` of a `CacheKey`. */
  readonly key: string
}

/** Negative if `first` comes first. Keys are ASCII, so this is also their order by octets. */
export const comparePositions = (first: Position, second: Position): number =>
  first.expiresAt - second.expiresAt || (first.key < second.key ? -1 : first.key > second.key ? 1 : 0)

/** Base64url; {@link parseCursor} reads it. */
export const formatCursor = ({ expiresAt, key }: Position): string =>
  Buffer.from(`${expiresAt} ${key}`).toString("base64url")

/**
 * Fails if {@link formatCursor} cannot have written the text for an inventory of this source; `detail` is for a person.
 *
 * @param source default: documents
 */
export const parseCursor = (
  text: string,
  source: keyof typeof written = "documents"
): Result.Result<Position, { readonly detail: string }> => {
  const octets = text.length <= longestCursor ? decodeBase64Url(text) : undefined
  const [, expiresAt, key] = octets === undefined
    ? []
    : written[source].exec(Buffer.from(octets).toString("latin1")) ?? []
  return expiresAt === undefined || key === undefined || !Number.isSafeInteger(Number(expiresAt))
    ? Result.fail({ detail: "the cursor is not one of an earlier answer" })
    : Result.succeed({ expiresAt: Number(expiresAt), key })
}

// A domain has 253 characters at most, a service 64.
const longestCursor = 512
const written = {
  documents: /^(0|[1-9]\d{0,15}) ([a-z0-9.-]{1,253}:[a-z0-9-]{1,64}:(?:rfc7711|draft))$/,
  tlsa: /^(0|[1-9]\d{0,15}) ([a-z0-9.-]{1,253}:[a-z0-9-]{1,64}:tlsa)$/
} as const
