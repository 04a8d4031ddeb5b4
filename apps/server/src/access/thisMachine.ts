/**
 * True for `localhost` and loopback addresses, with or without a port. Strict: other spellings of addresses, a trailing
 * dot or user information do not match. DNS cannot rebind these names: browsers do not look `localhost` up
 * (RFC 6761 §6.3).
 */
export const isThisMachine = (authority: string): boolean => thisMachine.test(authority)

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
const thisMachine = new RegExp(`^(?:localhost|127(?:\\.${octet}){3}|\\[::1\\])(?::\\d{1,5})?$`, "i")
