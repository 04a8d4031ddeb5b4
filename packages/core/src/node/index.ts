/** Egress: HTTPS GET on Node.js, hardened against untrusted domains and origins. */
export { addressFault, parseNetworks } from "./AddressPolicy.ts"
export { type ConnectTo, type ConnectToEntry, parseConnectTo } from "./ConnectTo.ts"
export { EgressConfigError, type EgressOptions } from "./EgressOptions.ts"
export * as HttpsFetcher from "./HttpsFetcher.ts"
export { parseProxy, type Proxy } from "./Proxy.ts"
export { cipherSuites } from "./TrustStore.ts"
