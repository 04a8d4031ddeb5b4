/** Documents, questions and counts of the hosts of a scene. */
import { Behave, type Behaviour, type Certificate, fingerprintsDocument, type Origins } from "@posh/testing"
import { toBody } from "../question.ts"
import type { KnownQuestion } from "./honest.ts"

export const document = (certificate: Certificate, expires = 86_400): Behaviour =>
  Behave.json(fingerprintsDocument([certificate], { expires }))

/** A question of the honest caller with the expected code. */
export const question = (
  domain: string,
  certificate: { readonly pem: string },
  code = "Verified",
  more: object = {}
): KnownQuestion => ({ body: toBody(domain, certificate, more), code })

/** The number of requests to a host and all hosts below it. */
export const requestsAt = ({ requests }: Origins, site: string): number =>
  requests.filter(({ host }) => host === site || host.endsWith(`.${site}`)).length

/** The maximum of requests in a number of seconds by a token bucket of `count` per minute that starts full. */
export const perMinute = (count: number, seconds: number): number => Math.ceil(count + count / 60 * seconds)

/** Seconds since an instant of `performance.now()`. */
export const secondsSince = (instant: number): number => (performance.now() - instant) / 1_000
