/**
 * Is this a name of this machine, with a port or without? To the letter: whatever needs an interpretation (other
 * spellings of addresses, a trailing dot, user information) is none. Nobody but this machine is `localhost`
 * (RFC 6761 §6.3; browsers do not ask DNS for it) or has an address of the loopback network.
 */
export const isThisMachine = (authority: string): boolean => thisMachine.test(authority)

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
const thisMachine = new RegExp(`^(?:localhost|127(?:\\.${octet}){3}|\\[::1\\])(?::\\d{1,5})?$`, "i")
