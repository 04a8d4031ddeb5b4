/** How the page names a fleet. */
import type { Shape } from "../fleet/Fleet.ts"

export const titleOf = ({ certificates, domains }: Shape): string =>
  domains === 1
    ? "one question, repeated"
    : `${domains.toLocaleString("en")} domains × ${certificates.toLocaleString("en")} certificates`
