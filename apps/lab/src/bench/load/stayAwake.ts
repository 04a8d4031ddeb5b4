/**
 * Keeps the event loop busy until the returned function is called. On one machine, the writer to a sleeping process pays for
 * waking it. A generator that sleeps would charge that to the slower of two servers, because it sleeps more often while it
 * waits for that one.
 */
export const stayAwake = (): () => void => {
  let isAwake = true
  const turn = (): void => {
    if (isAwake) setImmediate(turn)
  }
  turn()
  return () => {
    isAwake = false
  }
}
