/**
 * The site of a host: its registrable domain. Who owns that owns every name below it.
 */
import { getDomain } from "tldts"
import type { Domain } from "../question/Domain.ts"

/** The site's name; the host itself where it is a public suffix. */
// Private suffixes count: two tenants of one hosting platform are two sites.
export const siteOf = (host: Domain): string => getDomain(host, { allowPrivateDomains: true }) ?? host

/** Does the registrable domain change between two hosts (POSH-SEC-05)? */
export const leavesSite = (from: Domain, to: Domain): boolean => siteOf(from) !== siteOf(to)
