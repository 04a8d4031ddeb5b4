/**
 * Helpers for TLS on Node.js. An entry of its own, because the client itself runs in a browser.
 */
export type { PromiseClient } from "../createClient.ts"
export { checkServerIdentity } from "./checkServerIdentity.ts"
export type { PeerIdentity } from "./PeerIdentity.ts"
export { secureConnect } from "./secureConnect.ts"
export type { PeerOptions, SecureConnection, SecureConnectOptions } from "./secureConnect.ts"
export { SecureConnectError } from "./SecureConnectError.ts"
export type { SecureConnectCode, SecureConnectFacts } from "./SecureConnectError.ts"
