/**
 * The site of a host: its registrable domain. The owner of a site owns all names below it.
 */
import { getDomain } from "tldts"
import type { Domain } from "../question/Domain.ts"

/** The name of the site; the host itself if it is a public suffix. */
// Includes private suffixes: two tenants of one hosting platform are two sites.
export const siteOf = (host: Domain): string => getDomain(host, { allowPrivateDomains: true }) ?? host

/** True if the two hosts have different registrable domains (POSH-SEC-05). */
export const leavesSite = (from: Domain, to: Domain): boolean => siteOf(from) !== siteOf(to)
