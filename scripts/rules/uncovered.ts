/**
 * Requirements of level MUST that no test names, each with its reason. The list may only shrink: what is built gets a test
 * and leaves it.
 */

/** How many they are; lowered with each that leaves, and never raised. */
export const mostUncovered = 2

export const uncovered: Readonly<Record<string, string>> = {
  "POSH-MAT-33": "a test cannot measure constant time; Node's timingSafeEqual compares",
  "POSH-PUB-19": "registering a service is for authors of protocols; none is registered here"
}
